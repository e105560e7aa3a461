"""Writes a month's usage of the AI platform's customers as CSV: the same file from the same seed.

Each row is one request of an agent: id, time, customer, event, model, input_tokens, output_tokens.  Customers
differ widely in size, work by day in their own time zone and rest at weekends.

    python examples/ai-platform/generate.py usage.csv [--seed 7] [--events 30000] [--month 2026-06]
"""

from __future__ import annotations

import argparse
import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CUSTOMERS = HERE / "customers.yaml"
COLUMNS = ("id", "time", "customer", "event", "model", "input_tokens", "output_tokens")
JUNE = datetime(2026, 6, 1)  # noqa: DTZ001  (each customer reads it in their own zone)
MODELS = ("lumen-large", "lumen-small")

# How busy each hour of a local day is.
HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 14, 17, 20, 19, 17, 13, 9, 7, 5, 4, 3, 2)


class Customer(NamedTuple):
    """Who uses the platform, where, how much of the whole, and how often the large model."""

    name: str
    zone: ZoneInfo
    weight: int
    large_per_mille: int


def customers(dice: random.Random) -> list[Customer]:
    """The customers of the example with sizes that differ widely."""
    document = yaml.load(CUSTOMERS.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    seats = {one["customer"]: int(one["quantities"]["seat"]) for one in document["subscriptions"].values()}
    return [
        Customer(
            name,
            ZoneInfo(fields["zone"]),
            weight=seats[name] * dice.randrange(4, 16),
            large_per_mille=dice.randrange(150, 850),
        )
        for name, fields in document["customers"].items()
    ]


def events(seed: int, count: int, first: datetime) -> Iterator[tuple[str, ...]]:
    """The rows of a month that begins on the local day of ``first``, in order of time."""
    dice = random.Random(seed)
    known = customers(dice)
    following = (first + timedelta(days=32)).replace(day=1)
    days = [first + timedelta(days=number) for number in range((following - first).days)]
    busy = [10 if day.weekday() < 5 else 2 for day in days]
    rows = []
    for _ in range(count):
        customer = dice.choices(known, [one.weight for one in known])[0]
        day, hour = dice.choices(days, busy)[0], dice.choices(range(24), HOURS)[0]
        local = day.replace(hour=hour, tzinfo=customer.zone) + timedelta(
            milliseconds=dice.randrange(3_600_000)
        )
        model = MODELS[dice.randrange(1000) >= customer.large_per_mille]
        # Most requests are short and a few read whole archives; answers are shorter than what was read.
        prompt = dice.randrange(1_500, 12_000) * 2 ** dice.choices(range(9), (6, 8, 9, 8, 6, 4, 2, 1, 1))[0]
        answer = dice.randrange(300, 6_000) * 2 ** dice.choices(range(4), (6, 5, 3, 1))[0]
        rows.append((local.astimezone(UTC), customer.name, model, prompt, answer))
    rows.sort()
    for number, (at, name, model, prompt, answer) in enumerate(rows, 1):
        time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        yield f"cmp-{first:%Y%m}-{number:06}", time, name, "completion", model, str(prompt), str(answer)


def write(path: Path, *, seed: int = 7, count: int = 30_000, first: datetime = JUNE) -> int:
    """Write the file; returns how many events it has."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(events(seed, count, first))
    return count


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--month", default="2026-06", metavar="YYYY-MM")
    given = parser.parse_args()
    first = datetime.strptime(given.month, "%Y-%m")  # noqa: DTZ007
    count = write(given.file, seed=given.seed, count=given.events, first=first)
    print(f"{count:,} events in {given.file}")


if __name__ == "__main__":
    main()
