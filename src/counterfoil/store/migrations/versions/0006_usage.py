"""Tables of usage.

An event's id is unique in its environment for ever, and a key over hash partitions holds that at no cost
(a partition by time could not).  The partitions have a schema of their own, on which nobody but the owner
has a right: reached by the side, they would show every tenant's rows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import append_only, protect

revision = "0006"
down_revision = "0005"

INSTANT = sa.DateTime(timezone=True)
PARTITIONS = 16

# The number of at most 38 digits that a text is, as core.money.parse_decimal reads it; null if it is none.
NUMBER = r"""
create function counterfoil_number(written text) returns numeric
language sql immutable strict parallel safe as $$
    select n from (
        select case
            when length(written) <= 84
             and written ~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?0*[0-9]{1,3})?$'
            then written::numeric
        end as n
    ) as parsed
    where n = 0 or (scale(n) <= 38 and abs(n) < ('1e' || 38 - scale(n))::numeric)
$$;
comment on function counterfoil_number is
    'The number of at most 38 digits that a text is, or null.';
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "events",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("properties", JSONB, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        postgresql_partition_by="HASH (environment_id, id)",
    )
    op.execute("create schema counterfoil_partitions")
    for number in range(PARTITIONS):
        op.execute(
            f"create table counterfoil_partitions.events_{number:02} partition of events"
            f" for values with (modulus {PARTITIONS}, remainder {number})"
        )
    op.create_index("ix_events_at", "events", ["at"], postgresql_using="brin")
    op.create_index("ix_events_customer", "events", ["environment_id", "customer_id", "at"])
    protect("events")
    append_only("events")
    op.execute(sa.text(NUMBER.replace(":", "\\:")))
    op.execute("grant execute on function counterfoil_number to counterfoil_app, counterfoil_system")
