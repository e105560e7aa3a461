"""The invoice that the API reference shows: 2.5 million tokens in two tiers, 19 % tax."""

from __future__ import annotations

from typing import Any, Final

_SELLER: Final[dict[str, Any]] = {
    "name": "Counterfoil Cloud GmbH",
    "address": {"line1": "Speicherstr. 5", "city": "Hamburg", "postal_code": "20457", "country": "DE"},
    "tax_number": "DE136695976",
}
_BUYER: Final[dict[str, Any]] = {
    "name": "Nordwind GmbH",
    "address": {"line1": "Hafenstr. 1", "city": "Hamburg", "postal_code": "20457", "country": "DE"},
    "tax_number": "DE129273398",
}
INVOICE: Final[dict[str, Any]] = {
    "id": "inv_01kahgp1g0edgrx4zm6byashwj",
    "external_id": None,
    "number": "DE-001001",
    "issuer_id": "iss_01kahgp1g0edgrx4zm6byashwf",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwk",
    "status": "open",
    "currency": "EUR",
    "zone": "Europe/Berlin",
    "period_start": "2025-12-31T23:00:00Z",
    "period_end": "2026-01-31T23:00:00Z",
    "drafted_at": "2026-01-31T23:00:00Z",
    "finalise_at": "2026-02-01T00:00:00Z",
    "finalised_at": "2026-02-01T00:00:00Z",
    "due_at": "2026-02-15T00:00:00Z",
    "paid_at": None,
    "voided_at": None,
    "subtotal": "4.00",
    "tax": "0.76",
    "total": "4.76",
    "amount_paid": "0.00",
    "amount_due": "4.76",
    "taxes": [{"code": "vat-19", "name": "VAT", "percent": "19", "taxable": "4.00", "tax": "0.76"}],
    "discount": "1.00",
    "discounts": [
        {"discount_id": "disc_01kahgp1g0edgrx4zm6byashwh", "name": "Spring offer", "amount": "1.00"}
    ],
    "seller": _SELLER,
    "buyer": _BUYER,
    "metadata": {},
    "version": 2,
    "created_at": "2026-01-31T23:00:00Z",
    "updated_at": "2026-02-01T00:00:00Z",
}
LINE: Final[dict[str, Any]] = {
    "id": "line_01kahgp1g0edgrx4zm6byashwm",
    "invoice_id": INVOICE["id"],
    "position": 1,
    "kind": "charge",
    "of_line_id": None,
    "commitment_term_id": None,
    "subscription_item_id": "si_01kahgp1g0edgrx4zm6byashwn",
    "price_id": "price_01kahgp1g0edgrx4zm6byashwp",
    "description": "Input tokens",
    "service_start": "2025-12-31T23:00:00Z",
    "service_end": "2026-01-31T23:00:00Z",
    "cadence": "in_arrears",
    "quantity": "2500000",
    "currency": "EUR",
    "tax_mode": "exclusive",
    "amount": "4.00",
    "tax": "0.76",
    "total": "4.76",
    "taxes": [{"tax_rate_id": "txr_01kahgp1g0edgrx4zm6byashwq", "code": "vat-19", "tax": "0.76"}],
    "subscription_id": "sub_01kahgp1g0edgrx4zm6byashwk",
    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
    "tax_treatment": "taxed",
    "tax_reason": "taxed in DE, where the customer is",
    "voided": False,
}

DRAFT: Final[dict[str, Any]] = INVOICE | {
    "number": None,
    "status": "draft",
    "finalised_at": None,
    "due_at": None,
    "seller": None,
    "buyer": None,
    "version": 1,
    "updated_at": INVOICE["drafted_at"],
}
"""The same before it was finalised."""


def _tier(index: int, over: str, up_to: str | None, count: str, price: str, amount: str) -> dict[str, Any]:
    return {
        "kind": "tier",
        "index": index,
        "over": over,
        "up_to": up_to,
        "package_size": None,
        "quantity": count,
        "count": count,
        "unit_amount": price,
        "flat_amount": "0",
        "amount": amount,
    }


EXPLANATION: Final[dict[str, Any]] = {
    "invoice_id": INVOICE["id"],
    "position": 1,
    "description": "Input tokens",
    "currency": "EUR",
    "charged": "4.00",
    "steps": [
        {
            "step": "quantity",
            "text": "Quantity: 2,500,000 of input_tokens, from 1,204 events, "
            "2025-12-31 23:00:00 UTC until before 2026-01-31 23:00:00 UTC",
            "amount": None,
        },
        {"step": "part", "text": "0 to 1,000,000: 1,000,000 × 0.0000025 = 2.5", "amount": "2.5"},
        {"step": "part", "text": "Over 1,000,000: 1,500,000 × 0.000001 = 1.5", "amount": "1.5"},
        {"step": "sum", "text": "Sum: 4", "amount": "4"},
        {"step": "rounding", "text": "Amount: 4.00 EUR, nothing to round", "amount": "4.00"},
    ],
    "redone": {"amount": "4.00", "matches": True},
    "explanation": {
        "format": 1,
        "origin": {
            "price_version": "price_01kahgp1g0edgrx4zm6byashwp",
            "meter": "input_tokens",
            "events": 1204,
            "window": {"start": "2025-12-31T23:00:00Z", "end": "2026-01-31T23:00:00Z"},
            "service_period": {"start": "2025-12-31T23:00:00Z", "end": "2026-01-31T23:00:00Z"},
            "cadence": "in_arrears",
        },
        "model": "graduated",
        "quantity": "2500000",
        "included": "0",
        "parts": [
            _tier(0, "0", "1000000", "1000000", "0.0000025", "2.5"),
            _tier(1, "1000000", None, "1500000", "0.000001", "1.5"),
        ],
        "sum": "4",
        "proration": "1/1",
        "proration_note": "",
        "prorated": "4",
        "discounts": [],
        "exact": "4",
        "rounding": "half_up",
        "unit": "EUR",
        "exponent": 2,
        "amount": "4.00",
    },
}
