"""Lines that give back or catch up, and events that were voided or corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import APP, append_only, protect

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)

# A stored event never changes; that it was voided is said once and for ever.
EVENT_GUARD = """
create function counterfoil_event_guard() returns trigger language plpgsql as $$
begin
    if old.voided_at is not null or new.voided_at is null
        or to_jsonb(new) - 'voided_at' <> to_jsonb(old) - 'voided_at'
    then
        raise exception 'event % never changes', old.id
            using errcode = 'check_violation', constraint = 'a stored event never changes';
    end if;
    return new;
end $$;
create trigger guard before update on events for each row execute function counterfoil_event_guard();
"""

# Up to when the usage of each customer is on an invoice.
BILLED = """
insert into usage_billed (environment_id, customer_id, billed_to)
select s.environment_id, s.customer_id, max(l.service_end)
from invoice_lines l
join subscription_items i on i.id = l.subscription_item_id
join subscriptions s on s.id = i.subscription_id
join prices p on p.id = l.price_id and p.meter_id is not null
where not l.voided
group by s.environment_id, s.customer_id
"""


def upgrade() -> None:
    """Every line that is there is a charge, and no event is void."""
    _line_kinds()
    _voids()
    _late_usage()


def _line_kinds() -> None:
    op.add_column("invoice_lines", sa.Column("kind", sa.Text, nullable=False, server_default="charge"))
    op.alter_column("invoice_lines", "kind", server_default=None)
    op.add_column("invoice_lines", sa.Column("of_line_id", sa.Uuid))
    # Law 5: a period is billed once; what is given back or caught up of it may be several lines.
    op.drop_index("uq_invoice_lines_service_start", "invoice_lines")
    op.create_index(
        "uq_invoice_lines_service_start",
        "invoice_lines",
        ["subscription_item_id", "price_id", "service_start"],
        unique=True,
        postgresql_where=sa.text("not voided and kind = 'charge'"),
    )
    op.create_index(
        "ix_invoice_lines_other",
        "invoice_lines",
        ["environment_id", "subscription_item_id", "service_start"],
        postgresql_where=sa.text("not voided and kind <> 'charge'"),
    )


def _voids() -> None:
    op.add_column("events", sa.Column("voided_at", INSTANT))
    op.execute(EVENT_GUARD)
    op.execute(f"grant update (voided_at) on events to {APP}")
    op.create_table(
        "event_voids",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("voided_by", sa.Text, nullable=False),
        sa.Column("voided_at", INSTANT, nullable=False),
        sa.Column("corrected_by", sa.Text),
    )
    op.create_index(
        "uq_event_voids_corrected_by",
        "event_voids",
        ["environment_id", "corrected_by"],
        unique=True,
        postgresql_where=sa.text("corrected_by is not null"),
    )
    protect("event_voids")
    append_only("event_voids")


def _late_usage() -> None:
    op.add_column("issuers", sa.Column("late_usage_days", sa.Integer, nullable=False, server_default="30"))
    op.alter_column("issuers", "late_usage_days", server_default=None)
    op.add_column("subscriptions", sa.Column("late_usage_days", sa.Integer))
    op.create_table(
        "usage_billed",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("customer_id", sa.Uuid, primary_key=True),
        sa.Column("billed_to", INSTANT, nullable=False),
    )
    protect("usage_billed")
    op.execute(BILLED)
    op.create_table(
        "late_arrivals",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
    )
    op.create_index("ix_late_arrivals_environment_id_id", "late_arrivals", ["environment_id", "id"])
    protect("late_arrivals")
    op.create_table(
        "late_usage",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("subscription_id", sa.Uuid, sa.ForeignKey("subscriptions.id"), nullable=False),
        sa.Column("line_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("first_received_at", INSTANT, nullable=False),
        sa.Column("last_received_at", INSTANT, nullable=False),
        sa.UniqueConstraint("line_id", "state", name="uq_late_usage_line_id_state"),
    )
    newest = sa.text("id desc")
    op.create_index("ix_late_usage_environment_id_id", "late_usage", ["environment_id", newest])
    op.create_index("ix_late_usage_subscription", "late_usage", ["environment_id", "subscription_id", newest])
    op.create_index("ix_late_usage_state", "late_usage", ["environment_id", "state", newest])
    protect("late_usage")
