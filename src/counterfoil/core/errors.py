"""Coded refusals: every way in which Counterfoil says no, in one tree.

Owns: the codes and what each error carries.  Does not own: HTTP statuses or vendors' error forms; each
face maps this tree once.  Always holds: ``code`` is stable, ``message`` is a sentence for a person, and
``field`` and ``allowed`` name the place and what would have been accepted whenever input is at fault.

::

    CounterfoilError
    ├── InvalidInput           a value that can never be accepted
    │   └── TooLarge           a body, batch or number over its limit
    ├── Unauthenticated        no key, or a key that opens nothing
    ├── Forbidden              a key that may not do this
    ├── NotFound               unknown here (also: another tenant's)
    ├── Conflict               the thing's present state refuses it
    │   ├── AlreadyExists      an id or code that is taken
    │   ├── WrongState         a transition that the state table does not have
    │   ├── VersionMismatch    If-Match named an older version
    │   └── IdempotencyReused  a key seen with another request
    ├── RateLimited            too many calls; ``retry_after`` seconds
    └── Unavailable            the program cannot serve now (schema, database)
"""

from __future__ import annotations


def with_article(noun: str) -> str:
    """``a customer``, ``an invoice``: a noun of the vocabulary as a sentence needs it.

    The letter decides, but for a ``u`` that is said as in ``user`` and ``usage``.
    """
    return f"an {noun}" if noun[0] in "aeio" else f"a {noun}"


class CounterfoilError(Exception):
    """A refusal with a stable code.

    ``field`` is the path of the input at fault (``prices.0.tiers.2.up_to``), ``allowed`` says in words or as
    a list of values what would be accepted.
    """

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, allowed: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.allowed = allowed

    def within(self, prefix: str) -> CounterfoilError:
        """The same error with its field placed below ``prefix`` (``tiers`` → ``prices.0.tiers``)."""
        self.field = prefix if self.field is None else f"{prefix}.{self.field}"
        return self


class InvalidInput(CounterfoilError):
    """A value that can never be accepted."""

    code = "invalid"


class TooLarge(InvalidInput):
    """A body, batch or number over its limit."""

    code = "too_large"


class Unauthenticated(CounterfoilError):
    """No key, or a key that opens nothing."""

    code = "unauthenticated"


class Forbidden(CounterfoilError):
    """A key that may not do this."""

    code = "forbidden"


class NotFound(CounterfoilError):
    """Unknown in this environment; another tenant's id is unknown too."""

    code = "not_found"


class Conflict(CounterfoilError):
    """The present state of a thing refuses the call."""

    code = "conflict"


class AlreadyExists(Conflict):
    """An id, code or external id that is taken."""

    code = "already_exists"


class WrongState(Conflict):
    """A transition that the state table does not have."""

    code = "wrong_state"


class VersionMismatch(Conflict):
    """The caller changed an older version than the stored one."""

    code = "version_mismatch"


class IdempotencyReused(Conflict):
    """An idempotency key that was seen with another request."""

    code = "idempotency_reused"


class RateLimited(CounterfoilError):
    """Too many calls; try again after ``retry_after`` seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(CounterfoilError):
    """The program cannot serve this now."""

    code = "unavailable"
