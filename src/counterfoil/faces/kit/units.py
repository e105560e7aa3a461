"""Units of work for faces that have no HTTP request: the command line.

Owns: the store's names that such a face may use.  Does not own: whose unit it opens; the face resolves that.
"""

from __future__ import annotations

from counterfoil.store import Page as Page
from counterfoil.store import PageQuery as PageQuery
from counterfoil.store import Scope as Scope
from counterfoil.store import Store as Store
from counterfoil.store import SystemUow as SystemUow
from counterfoil.store import Uow as Uow
from counterfoil.store.diagnosis import HEAD as HEAD
from counterfoil.store.diagnosis import Facts as Facts
from counterfoil.store.diagnosis import diagnose as diagnose
from counterfoil.store.paging import MAX_PAGE as MAX_PAGE
