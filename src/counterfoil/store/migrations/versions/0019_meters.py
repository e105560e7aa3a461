"""Further aggregations, and what a meter carries from period to period; meters that are there carry nothing.

The functions are the arithmetic of ``core.expressions`` on exact numbers: each result is exact but where it
says that it rounds, and of an argument that is null it is null.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

FUNCTIONS = {
    # (dividend, divisor, places): half up, away from zero; by zero there is no quotient.
    "counterfoil_quotient(n numeric, d numeric, places integer)": """
        select case when d <> 0 then
            sign(n) * sign(d) * ('1e-' || places)::numeric
            * div(2 * abs(n) * ('1e' || places)::numeric + abs(d), 2 * abs(d))
        end
    """,
    # (dividend, divisor above zero): the next whole number down.
    "counterfoil_floor(n numeric, d numeric)": """
        select div(n, d) - case when n < 0 and mod(n, d) <> 0 then 1 else 0 end
    """,
    "counterfoil_lesser(a numeric, b numeric)": "select least(a, b)",
    "counterfoil_greater(a numeric, b numeric)": "select greatest(a, b)",
}


def upgrade() -> None:
    """Add the columns and the functions."""
    op.add_column("meters", sa.Column("multiplier", sa.Numeric))
    op.add_column("meters", sa.Column("expression", sa.Text))
    op.add_column("meters", sa.Column("reset", sa.Text, nullable=False, server_default="period"))
    op.alter_column("meters", "reset", server_default=None)
    for signature, body in FUNCTIONS.items():
        name = signature.partition("(")[0]
        op.execute(
            sa.text(
                f"create function {signature} returns numeric"
                f" language sql immutable strict parallel safe as $$ {body.replace(':', chr(92) + ':')} $$"
            )
        )
        op.execute(f"grant execute on function {name} to counterfoil_app, counterfoil_system")
