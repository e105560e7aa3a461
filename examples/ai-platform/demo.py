"""The main job from beginning to end: a price list and a month's usage become invoices.

Everything is done by the program's own commands, which are printed as they run; nothing is prepared.  The
data is made anew each time, in ``.counterfoil/demo`` of the checkout unless ``--data`` names another place.

    make demo                      (or: python examples/ai-platform/demo.py [--serve] [--data DIR])
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import generate
from rich.console import Console
from rich.text import Text

from counterfoil.bootstrap import opened
from counterfoil.core.errors import CounterfoilError
from counterfoil.settings import Settings
from counterfoil.store.embedded import exclusive_serve_lock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = "made-by-demo"
EVENTS = 30_000
console = Console(highlight=False)


class Demo:
    """The steps, over one data directory; files of the demo stand beside it."""

    def __init__(self, home: Path, events: int) -> None:
        self.home = home
        self.events = events
        self.data = home / "data"
        settings = {"COUNTERFOIL_DATA": str(self.data), "COUNTERFOIL_ENVIRONMENT": "test"}
        others = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERFOIL_")}
        self.environment = others | settings

    def fresh(self) -> None:
        """Take away what an earlier run left; refuse a directory that is served or not of a demo."""
        if self.home.exists():
            if not (self.home / MARK).exists() and any(self.home.iterdir()):
                sys.exit(f"{self.home} was not made by the demo; name another directory with --data")
            if self.data.exists():
                try:
                    exclusive_serve_lock(self.data).close()
                except CounterfoilError as error:
                    sys.exit(error.message)
            shutil.rmtree(self.home)
            console.print(
                f"The data of the last run in {self.home} is gone; this one starts anew.", style="dim"
            )
        self.home.mkdir(parents=True)
        (self.home / MARK).touch()

    def run(self, *arguments: str, show: bool = True) -> str:
        """Run a command of the program, printed first; returns what it printed, if it is not to be shown."""
        shown = [os.path.relpath(one) if one.startswith(str(ROOT)) else one for one in arguments]
        console.print(Text.assemble(("$ counterfoil ", "bold cyan"), (shlex.join(shown), "bold")))
        done = subprocess.run(
            [str(Path(sys.executable).with_name("counterfoil")), *arguments],
            env=self.environment, stdout=None if show else subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"the command failed with exit code {done.returncode}")
        return done.stdout or ""

    def story(self) -> None:
        """From nothing to invoices."""
        say("An organization, with an environment for trying things out")
        keys = json.loads(self.run("init", "--organization", "Lumen AI GmbH", "--json", show=False))
        self.key = keys["keys"]["test"]
        console.print(f"{keys['organization']}: a live and a test environment, a key to each")
        self.run("clock", "set", "2026-05-31T12:00:00Z")

        say("The price list, and 25 customers with their subscriptions")
        self.run("apply", str(HERE / "price-list.yaml"), "--yes")
        self.run("apply", str(HERE / "customers.yaml"), "--yes")

        say("June passes: fees and seats are invoiced in advance, and by July 1 June's usage is due")
        self.run("clock", "advance", "2026-07-01T08:00:00Z")

        say("The month's usage comes in while the invoices are still drafts")
        usage = self.home / "usage-2026-06.csv"
        count = generate.write(usage, count=self.events)
        console.print(f"{count:,} events written by generate.py, the same ones each time")
        self.run("usage", "import", str(usage), "--id", "id")
        console.print("Again, to see that nothing counts twice:", style="dim")
        self.run("usage", "import", str(usage), "--id", "id")

        say("The grace of a day is over: drafts are rated with the usage and finalised, without a gap")
        self.run("clock", "advance", "2026-07-02T12:00:00Z")

        say("One of them, and why a line of it is what it is")
        invoices = json.loads(self.run("invoice", "list", "--limit", "25", "--json", show=False))
        number = next(one["number"] for one in invoices if one["customer"] == "Elbtal Kliniken AG")
        self.run("invoice", "show", number)
        self.run("invoice", "explain", number, "3")
        self.run("invoice", "pdf", number, "--output", str(self.home / f"{number}.pdf"))
        self.pdf = self.home / f"{number}.pdf"

        say("All is in order, and these are the invoices")
        self.run("doctor")
        self.run("invoice", "list", "--limit", "25")

    def ending(self, seconds: int) -> None:
        """What there is now, and how to go on."""
        program = os.path.relpath(Path(sys.executable).with_name("counterfoil"))
        say(f"Done in {seconds} seconds")
        for name, value in {
            "PDF": str(self.pdf),
            "go on": f"{program} serve --data {shlex.quote(os.path.relpath(self.data))}",
            "then": f"curl -H 'Authorization: Bearer {self.key}' http://127.0.0.1:8420/v1/invoices",
            "URL": "http://127.0.0.1:8420",
            "key": self.key,
        }.items():
            console.print(Text.assemble((f"{name:<7}", "dim"), value), soft_wrap=True)


def say(text: str) -> None:
    """A heading."""
    console.print()
    console.print(Text.assemble(("── ", "dim"), (text, "bold")), soft_wrap=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / ".counterfoil" / "demo", help="where to")
    parser.add_argument("--events", type=int, default=EVENTS, help="how many events the month has")
    parser.add_argument("--serve", action="store_true", help="go on serving at the end")
    given = parser.parse_args()
    demo = Demo(given.data.absolute(), given.events)
    began = time.monotonic()
    demo.fresh()
    with contextlib.ExitStack() as stack:
        # Held open here, the database need not start and stop with each command.
        stack.enter_context(opened(Settings(data=demo.data), lambda text: console.print(text, style="dim")))
        demo.story()
    demo.ending(round(time.monotonic() - began))
    if given.serve:
        demo.run("serve")


if __name__ == "__main__":
    main()
