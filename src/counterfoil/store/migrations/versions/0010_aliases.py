"""The table of aliases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import protect

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    number = "case when external_id ~ '^(0|[1-9][0-9]{0,17})$' then external_id::bigint end"
    op.create_table(
        "aliases",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("face", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("external_id", sa.Text, primary_key=True),
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, sa.Computed(number, persisted=True)),
        sa.UniqueConstraint(
            "environment_id",
            "face",
            "kind",
            "object_id",
            name="uq_aliases_environment_id_face_kind_object_id",
        ),
    )
    op.create_index(
        "ix_aliases_environment_id_face_kind_number", "aliases", ["environment_id", "face", "kind", "number"]
    )
    protect("aliases")
