"""Tables of the ledger, and the database's own check that the books balance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import append_only, protect

revision = "0003"
down_revision = "0002"

# Runs as the owner, so that it sums every posting of the transaction, whoever wrote it.
CHECK = """
create function ledger_check_balance() returns trigger
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    wanted uuid;
    written bigint;
    unbalanced text;
begin
    if tg_table_name = 'ledger_transactions' then
        wanted := new.id;
    else
        wanted := new.transaction_id;
    end if;
    select sum(part.postings), min(part.unit) filter (where part.net <> 0) into written, unbalanced
    from (
        select p.unit, count(*) as postings,
               sum(case p.side when 'debit' then p.amount else -p.amount end) as net
        from ledger_postings p
        where p.environment_id = new.environment_id and p.transaction_id = wanted
        group by p.unit, p.exponent
    ) part;
    if unbalanced is not null then
        raise exception 'ledger transaction %: debits and credits differ in %', wanted, unbalanced
            using errcode = 'integrity_constraint_violation', constraint = 'ledger_balance';
    end if;
    if coalesce(written, 0) < 2 then
        raise exception 'ledger transaction % has fewer than two postings', wanted
            using errcode = 'integrity_constraint_violation', constraint = 'ledger_balance';
    end if;
    return null;
end $$;
"""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ledger_transactions",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("reference_kind", sa.Text, nullable=False),
        sa.Column("reference_id", sa.Uuid, nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "environment_id",
            "reference_kind",
            "reference_id",
            "template",
            name="uq_ledger_transactions_reference",
        ),
    )
    protect("ledger_transactions")
    append_only("ledger_transactions")
    op.create_table(
        "ledger_postings",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("transaction_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.SmallInteger, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Uuid),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("exponent", sa.SmallInteger, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text),
        sa.ForeignKeyConstraint(
            ["environment_id", "transaction_id"],
            ["ledger_transactions.environment_id", "ledger_transactions.id"],
            name="fk_ledger_postings_transaction",
        ),
        sa.CheckConstraint("amount > 0", name="ck_ledger_postings_positive"),
        sa.CheckConstraint("side in ('debit', 'credit')", name="ck_ledger_postings_side"),
    )
    op.create_index(
        "ix_ledger_postings_balance",
        "ledger_postings",
        ["environment_id", "customer_id", "account", "unit", "exponent"],
        postgresql_include=["side", "amount"],
    )
    protect("ledger_postings")
    append_only("ledger_postings")
    op.execute(CHECK)
    for table in ("ledger_transactions", "ledger_postings"):
        op.execute(
            f"create constraint trigger ledger_balance after insert on {table}"
            " deferrable initially deferred for each row execute function ledger_check_balance()"
        )
