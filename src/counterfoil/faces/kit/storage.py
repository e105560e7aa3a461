"""What faces read of the store itself: the feed of changes, and whether the database is ready."""

from counterfoil.store.outbox import Change, list_changes
from counterfoil.store.schema import check_ready

__all__ = ["Change", "check_ready", "list_changes"]
