"""What the imports of files share: reading a file, publishing its entries, the hub's policy."""

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groupage.app.commands.logs import quiet_logs
from groupage.domain.errors import InvalidInput
from groupage.domain.policy import Policy
from groupage.settings import KafkaSettings, PolicySettings, TopicSettings

if TYPE_CHECKING:
    from producers.entries import Entry, Summary

FILE_BYTES_MAX = 256 * 2**20
_PUBLISH_TIMEOUT_S = 60.0

File = Annotated[Path, typer.Argument(help="File to import.", exists=True, dir_okay=False)]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Read and check everything, publish nothing.")
]


def policy_in_force() -> Policy:
    """Return the policy that the hub adopted last; that of the file if it has none yet."""
    from groupage.contracts.policy_log import read_adoptions  # noqa: PLC0415 - not for `--help`

    reading = read_adoptions(KafkaSettings(), prefix=TopicSettings().prefix, hub_key=None)
    adoptions = asyncio.run(reading)
    return adoptions[-1].policy if adoptions else PolicySettings().load()


def read_bytes(file: Path) -> bytes:
    """Read a file that is neither empty nor too large. Raises InvalidInput."""
    size = file.stat().st_size
    if size > FILE_BYTES_MAX:
        raise InvalidInput(
            f"{file} has {size} bytes; the limit is {FILE_BYTES_MAX}: split the file"
        )
    data = file.read_bytes()
    if not data:
        raise InvalidInput(f"{file} is empty")
    return data


def publish(entries: "Iterable[Entry]", *, dry_run: bool, total: int) -> "Summary":
    """Publish the entries, unless it is a dry run, and count them."""
    quiet_logs("import")
    return asyncio.run(_deliver(entries, dry_run=dry_run, total=total))


async def _deliver(entries: "Iterable[Entry]", *, dry_run: bool, total: int) -> "Summary":
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from producers.delivery import deliver  # noqa: PLC0415
    from producers.publisher import Publisher  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("checking" if dry_run else "publishing", total=total)

        def show(summary: "Summary") -> None:
            bar.update(task, completed=summary.read)

        if dry_run:
            return await deliver(entries, None, progress=show)
        async with Publisher(
            KafkaSettings(), prefix=TopicSettings().prefix, timeout_s=_PUBLISH_TIMEOUT_S
        ) as publisher:
            return await deliver(entries, publisher, progress=show)
