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
    "written",
    ["nonsense", "ftp://x", "//host", "https://", "http://h:x", "https://h/?a=b", "http://a b", "/api"],
)
def test_the_address_for_the_outside_has_to_be_one(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("COUNTERFOIL_PUBLIC_URL", written)
    with pytest.raises(InvalidInput) as refused:
        settings_of()
    assert refused.value.message == (
        "COUNTERFOIL_PUBLIC_URL: an http or https URL with its host, such as https://billing.example.com/api"
    )


@pytest.mark.parametrize("written", ["https://billing.example.com/api", "http://[::1]:8420", "HTTP://h"])
def test_the_address_for_the_outside_may_have_a_path(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("COUNTERFOIL_PUBLIC_URL", f"{written}/")
    assert settings_of().public_url == written


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
