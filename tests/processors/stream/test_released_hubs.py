"""What released versions stored is upgraded: their facts give the states of this version."""

from pathlib import Path
from typing import Any

import pytest

from groupage.domain.policy import Policy
from groupage.domain.state.forms import FORMS
from groupage.settings import DatabaseSettings
from groupage.store import migrations
from groupage.store.pool import create_pool
from groupage.store.readers.plans import read_plan
from groupage.store.schema import require_schema
from processors.aggregates.registry import all_aggregates
from processors.operations.upgrade import derive_older_states
from tests.aggregate_lists import require_right_lists
from tests.processors.stream import released_hub
from tests.processors.stream.small_hub import Pool, tables

pytestmark = pytest.mark.integration

RELEASED = sorted(released_hub.FOLDER.glob("*.json.gz"))


async def upgrade(url: str) -> None:
    """``groupage migrate``."""
    schema = await migrations.upgrade(url)
    if schema.underived:
        await derive_older_states(
            DatabaseSettings(url=url),
            all_aggregates(Policy()),
            progress=lambda _kind, _done, _total: None,
        )


async def make_all_older(pool: Pool) -> None:
    """Have every state derived again, whatever its form."""
    for kind in FORMS:
        await pool.execute(f"update {kind} set form = 0")
    await pool.execute("update state_form set form = 0")


def differences(before: Any, after: Any) -> list[str]:
    """Tables that differ."""
    return [name for name in before if before[name] != after[name]]


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.name)
async def test_the_hub_of_a_release_is_upgraded(path: Path, empty_database_url: str) -> None:
    """Its states are those that its facts give today: a kind whose rules changed has a new form."""
    url = empty_database_url
    await released_hub.restore(released_hub.read(path), url)
    await upgrade(url)
    pool = await create_pool(DatabaseSettings(url=url), application_name="test")
    try:
        await require_schema(pool)
        upgraded = await tables(pool)
        assert all(upgraded.values())
        for (plan_id,) in await pool.fetch("select plan_id from plan"):
            assert (await read_plan(pool, plan_id)).plan_id == plan_id
        await require_right_lists(pool)
        await make_all_older(pool)
        await upgrade(url)
        changed = differences(upgraded, await tables(pool))
    finally:
        pool.terminate()
    assert not changed, (
        f"the facts of the hub in {path.name} give other rows of {', '.join(changed)} than those "
        "stored: raise the form of these kinds in groupage/domain/state/forms.py, so that an "
        "upgrade derives them (docs/upgrading.md). For a version that is not released yet, write "
        "the file again: python -m tests.processors.stream.released_hub VERSION"
    )
