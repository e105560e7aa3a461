"""Coupons and add-ons of a price list, in the normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.coupons import CouponDuration
from counterfoil.core.money import Money, decimal_text, unit_of
from counterfoil.faces.cli.apply.stated import name_of, need, read_price, text_or_none, whole_or_none

if TYPE_CHECKING:
    from counterfoil.faces.cli.apply.yaml_text import Place

_LIMITS: Final = ("max_redemptions", "max_per_customer")
_COVERED: Final = ("products", "plans", "price_codes")


def read_coupon(place: Place, currency: str | None) -> dict[str, Any]:
    """A coupon; ``amount`` is in the file's currency, ``amounts`` says others."""
    numbers = ("periods", "months", *_LIMITS)
    fields = place.fields(
        "name", "percent", "amount", "amounts", "first_units", "duration", *numbers, *_COVERED, "redeem_by"
    )
    amounts = dict(fields["amounts"].entries()) if "amounts" in fields else {}
    if "amount" in fields:
        if currency is None:
            raise fields["amount"].wrong("has no currency", "amounts, or a currency for the whole file")
        amounts[currency] = fields["amount"]
    return {
        "name": name_of(place, fields),
        "percent": decimal_text(fields["percent"].decimal()) if "percent" in fields else None,
        "amounts": {code: _amount(one, code) for code, one in amounts.items()},
        "first_units": decimal_text(fields["first_units"].decimal()) if "first_units" in fields else None,
        "duration": text_or_none(fields, "duration") or CouponDuration.ONCE.value,
        **{name: whole_or_none(fields[name]) if name in fields else None for name in ("periods", "months")},
        **{name: fields[name].texts() if name in fields else [] for name in _COVERED},
        **{name: whole_or_none(fields[name]) for name in _LIMITS if name in fields},
        **({"redeem_by": fields["redeem_by"].instant()} if "redeem_by" in fields else {}),
    }


def read_add_on(place: Place, currency: str | None) -> dict[str, Any]:
    """An add-on with its prices by code."""
    fields = place.fields("name", "description", "kind", "prices", "features", "plans", "max_quantity")
    prices: dict[str, Any] = {}
    for position, price in enumerate(need(place, fields, "prices").each()):
        code, value = read_price(price, currency, position)
        if code in prices:
            raise price.wrong(f"has the code {code}, which another price of this add-on has")
        prices[code] = value
    return {
        "name": name_of(place, fields),
        **({"description": fields["description"].text()} if "description" in fields else {}),
        "kind": text_or_none(fields, "kind") or "recurring",
        "prices": prices,
        **{name: fields[name].texts() if name in fields else [] for name in ("features", "plans")},
        "max_quantity": decimal_text(fields["max_quantity"].decimal()) if "max_quantity" in fields else None,
    }


def read_chosen(place: Place) -> dict[str, str]:
    """An add-on that a subscription is made with."""
    fields = place.fields("code", "quantity")
    quantity = decimal_text(fields["quantity"].decimal()) if "quantity" in fields else "1"
    return {"code": need(place, fields, "code").text(), "quantity": quantity}


def _amount(place: Place, code: str) -> str:
    unit = place.checked(lambda: unit_of(code, field=""))
    money = place.checked(lambda: Money.of(place.decimal(), unit, field=""))
    return money.amount_text()
