"""Bodies for what subscriptions commit to, and for units of pricing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

type _Body = Callable[[dict[str, str]], dict[str, Any]]


def _fixed(**body: Any) -> _Body:
    return lambda _: body


COMMITMENTS: Final[dict[str, _Body]] = {
    "commitments.create": _fixed(
        kind="prepaid",
        name="Commit",
        size="1200",
        price_codes=["seats"],
        period="term",
        interval_unit="year",
        interval_count=1,
        renews=True,
        overage={"kind": "factor", "value": "1.5"},
        order=["included", "usage_credit", "commit"],
        remainder="rollover",
        rollover_limit="100",
        instalments={"count": 4, "interval_unit": "quarter", "interval_count": 1},
        on_cancel="due",
        starts_at="2026-04-01T00:00:00Z",
        external_id="commit-1",
        metadata={"sold_by": "partner"},
    ),
    "pricing_units.create": _fixed(
        code="tokens", name="Tokens", exponent=2, rates={"EUR": "0.5"}, external_id="u-1", metadata={"a": 1}
    ),
    "pricing_units.update": _fixed(name="Other", rates={"EUR": "0.25"}),
    "commitments.update": _fixed(name="Commit", renews=False),
    "commitments.add_credit": _fixed(amount="25.00"),
    "commitments.divide": _fixed(starts=["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
}
