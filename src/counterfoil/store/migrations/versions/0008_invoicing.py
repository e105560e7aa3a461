"""Tables of invoicing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import identified, protect

revision = "0008"
down_revision = "0007"

INSTANT = sa.DateTime(timezone=True)

# Law 4: an invoice, once finalised, never changes.  What may still be written is named here; a column that is
# added later is frozen unless it is added to this list.
INVOICE_GUARD = """
create function counterfoil_invoice_guard() returns trigger language plpgsql as $$
declare
    living constant text[] := array['status', 'amount_paid', 'paid_at', 'voided_at', 'version', 'updated_at',
                                    'metadata', 'external_id'];
begin
    if old.status <> 'draft' and (
        tg_op = 'DELETE' or new.status = 'draft' or to_jsonb(new) - living <> to_jsonb(old) - living
    ) then
        raise exception 'invoice % is finalised and never changes', old.id
            using errcode = 'check_violation', constraint = 'a finalised invoice never changes';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger guard before update or delete on invoices
    for each row execute function counterfoil_invoice_guard();
"""

LINE_GUARD = """
create function counterfoil_invoice_line_guard() returns trigger language plpgsql as $$
declare
    invoices_touched uuid[] := case tg_op
        when 'INSERT' then array[new.invoice_id]
        when 'DELETE' then array[old.invoice_id]
        else array[old.invoice_id, new.invoice_id] end;
begin
    if tg_op = 'UPDATE' and new.voided and to_jsonb(new) - 'voided' = to_jsonb(old) - 'voided' then
        return new;
    end if;
    if exists (select from invoices where id = any (invoices_touched) and status <> 'draft') then
        raise exception 'a line of a finalised invoice never changes'
            using errcode = 'check_violation', constraint = 'a finalised invoice never changes';
    end if;
    return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger guard before insert or update or delete on invoice_lines
    for each row execute function counterfoil_invoice_line_guard();
"""


def upgrade() -> None:
    """Make the tables."""
    _issuers()
    _invoices()
    _lines()
    op.execute(INVOICE_GUARD)
    op.execute(LINE_GUARD)


def _issuers() -> None:
    op.create_table(
        "issuers",
        *identified(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", JSONB, nullable=False),
        sa.Column("tax_number", sa.Text),
        sa.Column("footer", sa.Text),
        sa.Column("number_prefix", sa.Text, nullable=False),
        sa.Column("next_number", sa.BigInteger, nullable=False),
        sa.Column("grace_seconds", sa.BigInteger, nullable=False),
        sa.Column("net_days", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.UniqueConstraint("environment_id", "external_id", name="uq_issuers_environment_id_external_id"),
        sa.UniqueConstraint("environment_id", "code", name="uq_issuers_environment_id_code"),
        sa.CheckConstraint("next_number > 0", name="ck_issuers_next_number"),
    )
    op.create_index("ix_issuers_environment_id_id", "issuers", ["environment_id", sa.text("id desc")])
    op.create_index(
        "uq_issuers_default",
        "issuers",
        ["environment_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    protect("issuers")


def _invoices() -> None:
    op.create_table(
        "invoices",
        *identified(),
        sa.Column("number", sa.Text),
        sa.Column("issuer_id", sa.Uuid, sa.ForeignKey("issuers.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("subscription_id", sa.Uuid, sa.ForeignKey("subscriptions.id")),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("period_end", INSTANT, nullable=False),
        sa.Column("drafted_at", INSTANT, nullable=False),
        sa.Column("finalise_at", INSTANT, nullable=False),
        sa.Column("finalised_at", INSTANT),
        sa.Column("due_at", INSTANT),
        sa.Column("paid_at", INSTANT),
        sa.Column("voided_at", INSTANT),
        sa.Column("subtotal", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("amount_paid", sa.BigInteger, nullable=False),
        sa.Column("taxes", JSONB, nullable=False),
        sa.Column("seller", JSONB),
        sa.Column("buyer", JSONB),
        sa.UniqueConstraint("environment_id", "external_id", name="uq_invoices_environment_id_external_id"),
        sa.UniqueConstraint(
            "environment_id", "number", "issuer_id", name="uq_invoices_environment_id_number_issuer_id"
        ),
        sa.CheckConstraint("period_start < period_end", name="ck_invoices_period"),
        sa.CheckConstraint("subtotal + tax = total", name="ck_invoices_total"),
        sa.CheckConstraint("amount_paid between 0 and greatest(total, 0)", name="ck_invoices_amount_paid"),
        sa.CheckConstraint("(number is null) = (finalised_at is null)", name="ck_invoices_number"),
        sa.CheckConstraint("status in ('draft', 'void') or number is not null", name="ck_invoices_status"),
    )
    newest = sa.text("id desc")
    op.create_index("ix_invoices_environment_id_id", "invoices", ["environment_id", newest])
    for column in ("customer_id", "subscription_id", "status"):
        op.create_index(
            f"ix_invoices_environment_id_{column}_id", "invoices", ["environment_id", column, newest]
        )
    op.create_index(
        "ix_invoices_due",
        "invoices",
        ["environment_id", "finalise_at", "id"],
        postgresql_where=sa.text("status = 'draft'"),
    )
    protect("invoices")


def _lines() -> None:
    op.create_table(
        "invoice_lines",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("subscription_item_id", sa.Uuid),
        sa.Column("price_id", sa.Uuid),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("service_start", INSTANT, nullable=False),
        sa.Column("service_end", INSTANT, nullable=False),
        sa.Column("cadence", sa.Text, nullable=False),
        sa.Column("quantity", sa.Numeric, nullable=False),
        sa.Column("tax_mode", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("tax", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("taxes", JSONB, nullable=False),
        sa.Column("explanation", JSONB, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_lines_invoice_id_position"),
        sa.CheckConstraint("amount + tax = total", name="ck_invoice_lines_total"),
        sa.CheckConstraint("service_start < service_end", name="ck_invoice_lines_service_period"),
    )
    # Law 5: a period is billed once.
    op.create_index(
        "uq_invoice_lines_service_start",
        "invoice_lines",
        ["subscription_item_id", "price_id", "service_start"],
        unique=True,
        postgresql_where=sa.text("not voided"),
    )
    protect("invoice_lines")
