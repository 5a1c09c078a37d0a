"""How far the workers are with deriving states again, for `groupage status`."""

import asyncio

import asyncpg
import msgspec

from groupage.domain.errors import Misconfigured
from groupage.settings import DatabaseSettings
from groupage.store.older_states import count_left_of_all
from groupage.store.policies import count_adoptions
from groupage.store.pool import TRANSIENT_ERRORS
from groupage.store.schema import require_schema

_BUDGET_S = 2.0
_FAILURES: tuple[type[Exception], ...] = (asyncpg.PostgresError, Misconfigured, *TRANSIENT_ERRORS)


class DerivationReading(msgspec.Struct, frozen=True, kw_only=True):
    """States that are left to be derived again, and all states."""

    left: int
    total: int
    after: str
    """The reason: `an upgrade` or `an adoption of a policy`."""

    def __str__(self) -> str:
        """Say how far the workers are."""
        done = self.total - self.left
        return (
            f"{done:,} of {self.total:,} ({100 * done // self.total} %) are derived again after "
            f"{self.after}; {self.left:,} left"
        )


def derivation_reading(settings: DatabaseSettings) -> DerivationReading | None:
    """Count what is left.

    None: nothing is, or the database does not answer in two seconds, or has another schema.
    """

    async def read() -> DerivationReading | None:
        async with asyncio.timeout(_BUDGET_S):
            connection = await asyncpg.connect(settings.url.get_secret_value(), timeout=_BUDGET_S)
            try:
                schema = await require_schema(connection, older_forms=True)
                changes = max(0, await count_adoptions(connection) - 1)
                if not (schema.underived or changes):
                    return None
                left, total = await count_left_of_all(connection, policy=changes)
            finally:
                await connection.close(timeout=_BUDGET_S)
        after = "an upgrade" if schema.underived else "an adoption of a policy"
        return DerivationReading(left=left, total=total, after=after) if left else None

    try:
        return asyncio.run(read())
    except _FAILURES:
        return None
