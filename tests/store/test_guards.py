"""What a text may hold: no character that makes what is printed differ from what is stored."""

from __future__ import annotations

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.store.guards import check_text

# Names of the Unicode standard: embeddings and overrides, isolates, C1 controls, what has no width.
BIDIRECTIONAL = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
CONTROLS = ["\x00", "\x1b", "\r", "\x7f", *map(chr, range(0x80, 0xA0))]
INVISIBLE = ["\u200b", "\ufeff"]


@pytest.mark.parametrize("character", [*BIDIRECTIONAL, *CONTROLS, *INVISIBLE], ids=ascii)
def test_a_character_that_makes_a_printed_name_lie_is_refused(character: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_text(f"Nord{character}wind", "name", longest=200)
    assert refused.value.field == "name"
    assert refused.value.allowed == (
        "1 to 200 characters, none of them control, bidirectional or invisible ones"
    )


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",  # Persian: "I want", written with a zero-width non-joiner
        "ක්‍රි",  # Sinhala: a conjunct, made with a zero-width joiner
        "שלום עולם",
        "مرحبا",
        "Zoë & Søn\u00a0GmbH",
        "two\n\tlines",
    ],
)
def test_texts_of_every_script_pass(text: str) -> None:
    check_text(text, "name", longest=200)
