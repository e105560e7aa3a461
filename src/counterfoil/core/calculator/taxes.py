"""The tax of lines at given rates, in prices or on top of them, with a discount of the whole shared first."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calculator.reading import (
    currency_at,
    each_object,
    name_at,
    named,
    percent_text,
    required,
    whole_request,
    within,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, Rounding, decimal_text, parse_decimal, round_to_int, to_decimal
from counterfoil.core.pricing.reading import choice_at, decimal_at
from counterfoil.core.rating import Line, share_discount, totals
from counterfoil.core.rating.sentences import shown
from counterfoil.core.tax import TaxMode, TaxRate, TaxRounding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.money import Unit
    from counterfoil.core.rating import Totals

FIELDS: Final = ("currency", "lines", "discount", "tax_rounding", "rounding")
MAX_LINES: Final = 1_000
MAX_RATES: Final = 10


def tax(data: Data) -> dict[str, Any]:
    """The tax of these lines, the net and the total; a ``discount`` of the whole is shared among them first.

    ``InvalidInput`` names the field at fault.
    """
    data = whole_request(data, FIELDS)
    unit = currency_at(data)
    lines = _discounted(data, _lines(data, unit), unit)
    tax_rounding = choice_at(data, "tax_rounding", TaxRounding.PER_INVOICE)
    rounding = choice_at(data, "rounding", Rounding.HALF_UP)
    with named("lines"):
        worked = totals(lines, unit, tax_rounding=tax_rounding, rounding=rounding)
    told = _explanation(lines, tax_rounding, rounding, unit)
    redone = _redo(told, unit)
    return {
        "currency": unit.code,
        "subtotal": worked.subtotal.amount_text(),
        "discount": worked.discount.amount_text(),
        "net": worked.net.amount_text(),
        "tax": worked.tax.amount_text(),
        "total": worked.total.amount_text(),
        "by_rate": [
            {
                "code": one.rate.code,
                "percent": decimal_text(one.rate.percent),
                "taxable": one.taxable.amount_text(),
                "tax": one.tax.amount_text(),
            }
            for one in worked.by_rate
        ],
        "lines": [
            {
                "listed": line.listed.amount_text(),
                "discount": (line.listed - line.amount).amount_text(),
                "net": taxed.net.amount_text(),
                "tax": taxed.tax.amount_text(),
                "total": taxed.total.amount_text(),
                "taxes": [
                    {"code": rate.code, "tax": amount.amount_text()}
                    for rate, amount in zip(line.rates, taxed.taxes, strict=True)
                ],
            }
            for line, taxed in zip(lines, worked.lines, strict=True)
        ],
        "steps": _steps(told, worked),
        "redone": {"amount": redone.amount_text(), "matches": redone == worked.tax},
        "explanation": told,
    }


def _lines(data: Data, unit: Unit) -> list[Line]:
    lines = []
    given = each_object(data, "lines", ("amount", "rates", "mode"), most=MAX_LINES)
    if not given:
        raise InvalidInput("lines is missing", field="lines", allowed=f"a list of 1 to {MAX_LINES} lines")
    for line, place in given:
        value: Any = required(line, "amount", "a decimal number", place)
        amount = Money.of(value, unit, field=f"{place}.amount")
        rates = []
        for rate, where in each_object(line, "rates", ("code", "percent"), place, most=MAX_RATES):
            percent = decimal_at(rate, "percent", where)
            code = name_at(rate, "code", where, default=f"tax {percent_text(percent)}")
            with within(where):
                rates.append(TaxRate(code, percent))
        if len(set(rates)) < len(rates):
            field = f"{place}.rates"
            raise InvalidInput("the line bears a tax rate twice", field=field, allowed="each rate once")
        lines.append(Line(amount, amount, tuple(rates), choice_at(line, "mode", TaxMode.EXCLUSIVE, place)))
    return lines


def _discounted(data: Data, lines: Sequence[Line], unit: Unit) -> list[Line]:
    if data.get("discount") is None:
        return list(lines)
    off = Money.of(decimal_at(data, "discount"), unit, field="discount")
    if any(line.amount.minor < 0 for line in lines):
        raise InvalidInput(
            "a discount is not shared with credits", field="discount", allowed="lines of 0 or more"
        )
    with named("lines"):
        shares = share_discount(off, [line.amount for line in lines])
    return [
        Line(line.listed, line.amount - share, line.rates, line.mode)
        for line, share in zip(lines, shares, strict=True)
    ]


def _explanation(
    lines: Sequence[Line], tax_rounding: TaxRounding, rounding: Rounding, unit: Unit
) -> dict[str, Any]:
    return {
        "format": 1,
        "tax_rounding": tax_rounding.value,
        "rounding": rounding.value,
        "unit": unit.code,
        "exponent": unit.exponent,
        "lines": [
            {
                "listed": line.listed.amount_text(),
                "amount": line.amount.amount_text(),
                "mode": line.mode.value,
                "rates": [{"code": rate.code, "percent": decimal_text(rate.percent)} for rate in line.rates],
            }
            for line in lines
        ],
    }


type _Exact = dict[tuple[str, str], list[tuple[int, Fraction, Fraction]]]
"""By a rate's code and percentage: each line that bears it (from 1), its exact net, and its exact tax."""


def _exact(told: Mapping[str, Any]) -> _Exact:
    """The exact taxes, from the explanation alone."""
    found: _Exact = {}
    for number, line in enumerate(told["lines"], 1):
        net = Fraction(parse_decimal(line["amount"]))
        if line["mode"] == TaxMode.INCLUSIVE:
            net = net * 100 / (100 + sum(Fraction(rate["percent"]) for rate in line["rates"]))
        for rate in line["rates"]:
            exact = net * Fraction(rate["percent"]) / 100
            found.setdefault((rate["code"], rate["percent"]), []).append((number, net, exact))
    return found


def _rounded(exact: Fraction, told: Mapping[str, Any], unit: Unit) -> Money:
    return Money(round_to_int(exact * 10**unit.exponent, Rounding(told["rounding"])), unit)


def _redo(told: Mapping[str, Any], unit: Unit) -> Money:
    """The tax in all, worked out again from what the explanation holds."""
    tax_ = Money.zero(unit)
    for bearing in _exact(told).values():
        each = [exact for _, _, exact in bearing]
        if told["tax_rounding"] == TaxRounding.PER_INVOICE:
            each = [sum(each, Fraction(0))]
        for exact in each:
            tax_ += _rounded(exact, told, unit)
    return tax_


def _steps(told: Mapping[str, Any], worked: Totals) -> list[dict[str, str | None]]:
    unit = worked.total.unit
    steps: list[dict[str, str | None]] = []
    if worked.discount:
        steps.append(
            _step("discount", f"Discount shared among the lines: {worked.discount} off", worked.discount)
        )
    for (code, percent), bearing in _exact(told).items():
        if told["tax_rounding"] == TaxRounding.PER_INVOICE:
            net = sum((one for _, one, _ in bearing), Fraction(0))
            exact = sum((one for _, _, one in bearing), Fraction(0))
            steps.append(_taxed(code, percent, net, exact, told, unit))
        else:
            steps += [
                _taxed(f"{code}, line {number}", percent, net, exact, told, unit)
                for number, net, exact in bearing
            ]
    steps.append(_step("total", f"{worked.net} net + {worked.tax} tax = {worked.total}", worked.total))
    return steps


def _taxed(
    name: str, percent: str, net: Fraction, exact: Fraction, told: Mapping[str, Any], unit: Unit
) -> dict[str, str | None]:
    amount = _rounded(exact, told, unit)
    text = f"{name}: {shown(net)} × {percent} % = {shown(exact)}"
    if to_decimal(exact) != amount.to_decimal():
        text += f", rounded {told['rounding'].replace('_', ' ')} to {amount.amount_text()}"
    return _step("tax", text, amount)


def _step(step: str, text: str, amount: Money) -> dict[str, str | None]:
    return {"step": step, "text": text, "amount": amount.amount_text()}
