"""Ids of another form in faces: the numbers that a vendor's clients know objects by.

Owns: numbers for what has no id of its own, such as a unit or a region.  Does not own: the table of aliases
(the store).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from counterfoil.store import adopt_alias as adopt_alias
from counterfoil.store import numbers_by_kind as numbers_by_kind
from counterfoil.store import numbers_of as numbers_of
from counterfoil.store import objects_of as objects_of

if TYPE_CHECKING:
    from uuid import UUID


def id_of_word(environment_id: UUID, word: str) -> UUID:
    """What stands for a word (a unit's name, a region's code) of an environment where ids are wanted."""
    return uuid5(environment_id, word)
