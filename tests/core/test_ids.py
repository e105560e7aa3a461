"""Ids: UUIDv7 inside, prefix and base 32 outside, reversibly."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import PREFIXES, parse_id, read_id, show_id, uuid7

kinds = st.sampled_from(sorted(PREFIXES))
entropies = st.binary(min_size=10, max_size=10)


def test_the_example_of_rfc_9562_comes_out_bit_for_bit() -> None:
    # RFC 9562, appendix A.6: 0x017F22E279B0 ms, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    random = 0xCC3 << 68 | 0x18C4DC0C0C07398F
    made = uuid7(0x017F22E279B0, random.to_bytes(10))
    assert made == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


@settings(max_examples=50, deadline=None)
@given(kinds, st.integers(0, 2**48 - 1), entropies)
def test_a_shown_id_reads_back_and_fits_vendors_columns(kind: str, unix_ms: int, entropy: bytes) -> None:
    made = uuid7(unix_ms, entropy)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    shown = show_id(kind, made)
    assert len(shown) <= 36
    assert parse_id(kind, shown) == made


@settings(max_examples=50, deadline=None)
@given(st.uuids(), st.uuids())
def test_shown_ids_sort_as_their_uuids_do(one: UUID, other: UUID) -> None:
    assert (show_id("plan", one) < show_id("plan", other)) == (one < other)


def test_prefixes_are_distinct_and_end_before_the_separator() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert all(prefix.isalpha() and prefix.islower() for prefix in PREFIXES.values())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cus_",
        "cus",
        "inv_" + "0" * 26,  # another kind's
        "cus_" + "0" * 25,
        "cus_" + "0" * 27,
        "cus_" + "0" * 25 + "u",  # u, i, l and o are no digits
        "cus_" + "0" * 25 + "A",
        "cus_" + "8" + "0" * 25,  # 2**128
        "cus_" + "z" * 26,
        "cus_" + "٣" * 26,
        "00000000-0000-7000-8000-000000000000",
    ],
)
def test_what_is_no_id_of_the_kind_is_refused_and_says_the_form(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_id("customer", text, field="customer_id")
    assert refusal.value.field == "customer_id"
    assert "cus_" in str(refusal.value.allowed)


def test_the_largest_uuid_is_still_an_id() -> None:
    largest = UUID(int=2**128 - 1)
    assert show_id("customer", largest) == "cus_7" + "z" * 25
    assert parse_id("customer", show_id("customer", largest)) == largest


def test_an_id_is_read_in_its_public_form_and_as_a_uuid_in_any_case() -> None:
    value = uuid7(1_700_000_000_000, bytes(10))
    for text in (str(value), str(value).upper(), value.hex, show_id("plan", value)):
        assert read_id("plan", text) == value
    for text in ("", "plan_", show_id("product", value), f"plan_{value}", "x"):
        with pytest.raises(InvalidInput) as refused:
            read_id("plan", text, field="planUuid")
        assert refused.value.field == "planUuid"
