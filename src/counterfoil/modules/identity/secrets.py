"""Secrets of keys: how they are made and what is kept of them.

A secret is 32 random bytes behind a prefix that says what it opens; with that much entropy a plain SHA-256
is enough to store (OWASP: slow hashes are for secrets that people choose), and an index can find it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

LIVE: Final = "ck_live_"
TEST: Final = "ck_test_"
OPERATOR: Final = "ck_operator_"


def new_secret(prefix: str) -> str:
    """A fresh secret, to be shown once."""
    return prefix + secrets.token_hex(32)


def hash_of(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def hint_of(secret: str) -> str:
    """The part of a secret that may be shown again, to tell keys apart."""
    return f"…{secret[-4:]}"
