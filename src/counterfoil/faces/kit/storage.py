"""What faces read of the store itself: the feed of changes, and whether the database is ready."""

from counterfoil.store.feed import Change, list_changes
from counterfoil.store.schema import check_ready

__all__ = ["Change", "check_ready", "list_changes"]
