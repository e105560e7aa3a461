"""Tables of simulations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.modules.simulations.types import Problem
from counterfoil.store import Base, Minor
from counterfoil.store.types import Records


class SimulationRow(Base):
    """What past usage would have cost at other prices."""

    __tablename__ = "simulations"
    __table_args__ = (Index("ix_simulations_environment_id_id", "environment_id", text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operations.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    customer_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    drafts: Mapped[list[Any]]
    version: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    passed: Mapped[UUID | None]
    created_at: Mapped[datetime]


class SimulationResultRow(Base):
    """One customer's charges in one currency; amounts are minor units of it."""

    __tablename__ = "simulation_results"
    __table_args__ = (
        Index("ix_simulation_results_simulation", "environment_id", "simulation_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("simulations.id"))
    customer_id: Mapped[UUID]
    currency: Mapped[str]
    charges: Mapped[int] = mapped_column(BigInteger)
    current: Mapped[int] = mapped_column(Minor)
    simulated: Mapped[int] = mapped_column(Minor)
    problems: Mapped[int] = mapped_column(BigInteger)
    told: Mapped[list[Any]] = mapped_column(Records(Problem))
