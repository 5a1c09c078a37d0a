"""Facts, states by owner, outbox, offsets, dead letters, alerts, plans."""

from groupage.store.migrations.files import include

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    include("0001_spine.up.sql")


def downgrade() -> None:
    """Drop them."""
    include("0001_spine.down.sql")
