"""Alembic's entry: run the revisions against the address in the configuration."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, make_url, pool
from sqlmodel import SQLModel

import state.tables  # noqa: F401  the tables register themselves
from state import server

url = context.config.get_main_option("sqlalchemy.url") or ""
on_server = make_url(url).get_backend_name() != "sqlite"
engine = server.server_engine(url, pooled=False) if on_server else create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    # Batch mode: SQLite cannot alter a table in place.
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        if on_server:  # two programs that find an empty database must not both make its tables
            server.one_writer(connection)
        context.run_migrations()
