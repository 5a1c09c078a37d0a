"""Run by Alembic: only writes scripts, which `groupage.store.migrations` executes."""

from alembic import context

context.configure(
    dialect_name="postgresql",
    literal_binds=True,
    # The caller holds the transaction; the script must not end it.
    transactional_ddl=False,
)
context.run_migrations()
