"""How Alembic runs here: on the connection that ``store.schema`` hands over, a transaction a migration."""

from __future__ import annotations

from alembic import context

from counterfoil.store.types import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes.get("metadata", Base.metadata),
    transactional_ddl=True,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
