"""Alembic migrations: one file a step, forward only, each in one transaction."""
