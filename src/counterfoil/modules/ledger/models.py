"""Tables of the ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store import Base


class LedgerTransactionRow(Base):
    """What one business event did to the books."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        UniqueConstraint(
            "environment_id",
            "reference_kind",
            "reference_id",
            "template",
            name="uq_ledger_transactions_reference",
        ),
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    template: Mapped[str]
    reference_kind: Mapped[str]
    reference_id: Mapped[UUID]
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class LedgerPostingRow(Base):
    """One amount on one side of one account."""

    __tablename__ = "ledger_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["environment_id", "transaction_id"],
            ["ledger_transactions.environment_id", "ledger_transactions.id"],
            name="fk_ledger_postings_transaction",
        ),
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("side in ('debit', 'credit')", name="side"),
        Index(
            "ix_ledger_postings_balance",
            "environment_id",
            "customer_id",
            "account",
            "unit",
            "exponent",
            postgresql_include=["side", "amount"],
        ),
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    account: Mapped[str]
    customer_id: Mapped[UUID | None]
    unit: Mapped[str]
    exponent: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    detail: Mapped[str | None]
