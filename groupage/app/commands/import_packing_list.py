"""``groupage import packing-list``: read a list, say what was understood, publish its facts."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from groupage.app.commands.import_files import (
    DryRun,
    File,
    policy_in_force,
    publish,
    read_bytes,
)
from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, escape_controls, print_json
from groupage.domain.errors import InvalidInput, Unavailable
from groupage.settings import LocalSettings, PolicySettings

if TYPE_CHECKING:
    from producers.packing_lists.importing import ListReading

_Text = str | None


def import_packing_list(  # noqa: PLR0913 - the options of a command
    file: File,
    *,
    consignment_id: Annotated[
        _Text,
        typer.Option(help="Consignment, if the list names none; default: from the list's content."),
    ] = None,
    shipper: Annotated[_Text, typer.Option(help="Shipper, if the list names none.")] = None,
    consignee: Annotated[
        _Text, typer.Option(help="Consignee, if the list names none; default: TO ORDER.")
    ] = None,
    pol: Annotated[
        _Text, typer.Option(help="Port of loading, if the list names none; default: CNNGB.")
    ] = None,
    pod: Annotated[_Text, typer.Option(help="Port of discharge, if the list names none.")] = None,
    mode: Annotated[
        _Text, typer.Option(help="Customs mode, if the list names none; default: 1039.")
    ] = None,
    currency: Annotated[
        _Text, typer.Option(help="Currency of amounts without a currency; default: USD.")
    ] = None,
    ready_at: Annotated[
        datetime | None,
        typer.Option(help="When the cargo is ready (UTC), if the list does not say."),
    ] = None,
    sheet: Annotated[
        _Text, typer.Option(help="Sheet, by name or number; default: all visible ones with a list.")
    ] = None,
    encoding: Annotated[_Text, typer.Option(help="Encoding of a text file in doubt.")] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Answer to a question; may come several times."),
    ] = None,
    profile: Annotated[
        str, typer.Option(metavar="NAME", help="Use the answers remembered for a shipper's form.")
    ] = "",
    save: Annotated[
        bool,
        typer.Option("--save", help="Remember this call's answers as --profile."),
    ] = False,
    amend: Annotated[
        bool, typer.Option("--amend", help="The consignment is booked: amend its cargo.")
    ] = False,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.xlsx", help="Write the list with questions and errors as cell comments."
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a packing list: book its consignments and announce their cartons.

    The command reads Excel, OpenDocument, CSV and TSV, in English, Chinese or both, and prints what
    it understood. With a question or an error it publishes nothing, and ends with status 1.
    """
    from producers.packing_lists.booking import Times  # noqa: PLC0415
    from producers.packing_lists.importing import ListRequest, read_list  # noqa: PLC0415
    from producers.packing_lists.shared import Options  # noqa: PLC0415

    if save and not profile:
        raise typer.BadParameter("--save needs a name: --profile NAME")
    options = Options(
        consignment_id=consignment_id,
        shipper=shipper,
        consignee=consignee,
        pol=pol,
        pod=pod,
        mode=mode,
        currency=currency,
        ready_at=ready_at.replace(tzinfo=UTC).isoformat() if ready_at else None,
        amend=amend,
    )
    now = datetime.now(UTC)
    written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    folder = LocalSettings().packing_list_profiles if profile else None
    request = ListRequest(
        options=options,
        answers=_answers(answer or []),
        sheet=sheet,
        encoding=encoding,
        profile="" if save else profile,
        profiles=folder,
    )
    quiet_logs("import")
    times = Times(listed_at=min(now, written_at), recorded_at=now)
    policy = PolicySettings().load()
    try:
        data = read_bytes(file)
        reading = read_list(file.name, data, request, times=times, policy=policy)
        # A list with questions is answered without Kafka, whose policy may be another one.
        if reading.booking.facts and not dry_run:
            with _list_is_right(file.name):
                adopted = policy_in_force()
            if adopted != policy:
                reading = read_list(file.name, data, request, times=times, policy=adopted)
    except InvalidInput as error:
        if not as_json:
            raise
        _report_unreadable(file.name, str(error), dry_run=dry_run)
        raise typer.Exit(1) from None
    if explain is not None:
        _explain(reading, explain)
    if folder is not None and save:
        _save(folder, profile, reading, request)
    _finish(file.name, reading, dry_run=dry_run, as_json=as_json)


@contextmanager
def _list_is_right(name: str) -> Iterator[None]:
    """Say that the list is right when the hub does not answer: the clerk has nothing to correct."""
    try:
        yield
    except Unavailable as error:
        raise Unavailable(
            f"{name} is read and right, but the hub does not answer: import it again later. {error}"
        ) from error


def _answers(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise typer.BadParameter(f"{text!r} is not an answer; expected KEY=VALUE")
        found[key.strip()] = value.strip()
    return found


def _explain(reading: "ListReading", path: Path) -> None:
    from producers.packing_lists.explaining import explain  # noqa: PLC0415

    if path.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"{path} is not the name of an .xlsx file")
    path.write_bytes(explain(reading.workbook, reading.packing_list, reading.booking))
    typer.echo(f"explained in {path}", err=True)


def _save(folder: Path, name: str, reading: "ListReading", request: Any) -> None:
    from producers.packing_lists.profiles import save_profile  # noqa: PLC0415

    given = msgspec.structs.asdict(request.options)
    options = {field: value for field, value in given.items() if isinstance(value, str)}
    path = save_profile(
        folder, name, reading.packing_list, answers=request.answers, options=options
    )
    typer.echo(f"profile {name} saved: {path}", err=True)


def _finish(name: str, reading: "ListReading", *, dry_run: bool, as_json: bool) -> None:
    """Publish the facts, and print the report. Raises Exit if there are questions or errors."""
    from producers.packing_lists.importing import entry_of  # noqa: PLC0415
    from producers.packing_lists.report import as_json as report_json  # noqa: PLC0415
    from producers.packing_lists.report import report_lines  # noqa: PLC0415

    entry = entry_of(name, reading.booking)
    with _list_is_right(name):
        summary = publish([entry], dry_run=dry_run or not reading.booking.facts, total=1)
    # The report counts rows of the list, not consignments.
    if summary.rejected:
        summary.read = summary.rejected = reading.rows
        summary.reasons = Counter(dict.fromkeys(summary.reasons, reading.rows))
    else:
        summary.read = summary.accepted = reading.rows
    if as_json:
        understood = report_json(reading.packing_list, reading.booking)
        print_json(summary.as_json() | understood | {"dry_run": dry_run})
    else:
        for line in report_lines(reading.packing_list, reading.booking):
            typer.echo(escape_controls(line))
        facts = f"{summary.facts} fact{'s' * (summary.facts != 1)}"
        done = "would be published" if dry_run else "published"
        typer.echo(f"{facts} {done}" if reading.booking.facts else "nothing is published")
    if summary.rejected:
        raise typer.Exit(1)


def _report_unreadable(name: str, reason: str, *, dry_run: bool) -> None:
    from producers.entries import summarize  # noqa: PLC0415
    from producers.packing_lists.importing import entry_of, unreadable  # noqa: PLC0415
    from producers.packing_lists.report import as_json  # noqa: PLC0415

    packing_list, booking = unreadable(name, reason)
    summary = summarize([entry_of(name, booking)])
    print_json(summary.as_json() | as_json(packing_list, booking) | {"dry_run": dry_run})
