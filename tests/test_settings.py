"""What an operator may write into the environment."""

from __future__ import annotations

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.session import settings_of


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("suger", ("suger",)),
        ("suger, gcore", ("suger", "gcore")),
        ('["suger", "gcore"]', ("suger", "gcore")),
        ("suger,", ("suger",)),
        ("[]", ()),
        ("", ()),
    ],
)
def test_faces_are_words_between_commas_or_json(
    monkeypatch: pytest.MonkeyPatch, written: str, read: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COUNTERFOIL_FACES", written)
    assert settings_of().faces == read


def test_networks_are_read_as_faces_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERFOIL_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert settings_of().trusted_proxies == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sugar", "Input should be 'flexprice', 'gcore', 'reevit', 'salable' or 'suger'"),
        ('["suger"', 'not a list: write a,b or ["a", "b"]'),
    ],
)
def test_what_is_no_face_is_told_with_what_is(
    monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    monkeypatch.setenv("COUNTERFOIL_FACES", written)
    with pytest.raises(InvalidInput) as refused:
        settings_of()
    assert refused.value.message == f"COUNTERFOIL_FACES: {said}"
