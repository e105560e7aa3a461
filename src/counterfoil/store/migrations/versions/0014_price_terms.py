"""What is agreed on a price besides its model; prices that are there have agreed nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; like all that a price costs, the program may write it once and never change it."""
    op.add_column("prices", sa.Column("terms", JSONB, nullable=False, server_default="{}"))
    op.alter_column("prices", "terms", server_default=None)
