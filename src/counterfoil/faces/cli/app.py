"""The tree of commands, and the one place where an error becomes a sentence and an exit code.

Exit codes: 0 done; 1 the program or the state of things refused; 2 the input or the command line is wrong.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.faces.cli import (
    add_ons,
    billing,
    calculator,
    changes,
    clocks,
    commitments,
    corrections,
    coupons,
    customers,
    doctor,
    invoices,
    lifecycle,
    lifetime,
    organizations,
    prices,
    replay,
    server,
    simulations,
    subscriptions,
    usage,
)
from counterfoil.faces.cli.output import complain, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from counterfoil.faces.cli.starters import Starters

app = typer.Typer(
    name="counterfoil",
    help="From price list and usage to invoices that explain themselves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


START, WORK, LOOK = "Start", "Work", "Look"

app.command(rich_help_panel=START)(server.serve)
app.command("init", rich_help_panel=START)(organizations.init)
app.command(rich_help_panel=START)(doctor.doctor)
app.command(rich_help_panel=START)(server.version)
app.command("apply", rich_help_panel=WORK)(prices.apply)
app.command("simulate", rich_help_panel=LOOK)(simulations.simulate)
app.command("replay", rich_help_panel=LOOK)(replay.replay)


def _group(name: str, about: str, panel: str, **commands: Callable[..., None]) -> None:
    made = typer.Typer(help=about, no_args_is_help=True)
    for command, work in commands.items():
        made.command(command)(work)
    app.add_typer(made, name=name, rich_help_panel=panel)


_group(
    "usage",
    "Bring usage in, and mend it.",
    WORK,
    **{"import": usage.import_},
    void=corrections.void,
    correct=corrections.correct,
    late=corrections.late,
)
_group("bill", "Bill what is due.", WORK, run=billing.run)
_group("clock", "A sandbox's business time.", WORK, show=clocks.show, set=clocks.set_, advance=clocks.advance)
_group(
    "invoice",
    "Invoices, and why they are what they are.",
    LOOK,
    list=invoices.list_invoices,
    show=invoices.show,
    explain=invoices.explain,
    pdf=invoices.pdf,
)
_group(
    "subscription",
    "Who gets what: how it begins, rests and ends, and what billing put on hold.",
    LOOK,
    list=subscriptions.list_subscriptions,
    show=lifetime.show,
    trial=lifetime.trial,
    term=lifetime.term,
    pause=lifecycle.pause,
    resume=lifecycle.resume,
    cancel=lifecycle.cancel,
    **{
        "change-plan": changes.change_plan,
        "change-quantity": changes.change_quantity,
        "cancel-change": changes.cancel_change,
    },
    changes=changes.changes,
    reactivate=lifetime.reactivate,
    retry=subscriptions.retry,
    why=corrections.why,
)
_group(
    "commitment",
    "What customers committed to, and what is left of it.",
    LOOK,
    list=commitments.list_commitments,
    terms=commitments.terms,
)
_group(
    "coupon",
    "What is taken off, and who redeemed it.",
    LOOK,
    list=coupons.list_coupons,
    redeem=coupons.redeem,
    redeemed=coupons.redeemed,
    end=coupons.end,
)
_group(
    "add-on",
    "What a subscription may have besides its plan.",
    LOOK,
    list=add_ons.list_add_ons,
    add=add_ons.add,
    remove=add_ons.remove,
)
_group("customer", "Who buys.", LOOK, list=customers.list_customers)
_group(
    "calc",
    "What something costs, and why: no server, no key.",
    LOOK,
    price=calculator.price,
    proration=calculator.proration,
    periods=calculator.periods,
    commitment=calculator.commitment,
    tax=calculator.tax,
)
_group("key", "API keys.", LOOK, create=organizations.create_key)
_group("operator-key", "Keys of those who run the server.", LOOK, create=organizations.create_operator_key)


def main(starters: Starters) -> None:
    """Run the command line; a refusal is one sentence on stderr, and never a traceback."""
    try:
        app(obj=starters)
    except CounterfoilError as error:
        complain(sentence(error))
        sys.exit(2 if isinstance(error, InvalidInput) else 1)
    except OSError as error:  # the operating system refused: a directory, a file, a socket
        complain(str(error))
        sys.exit(1)
