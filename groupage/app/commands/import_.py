"""``groupage import``: packing lists, EPCIS documents, DCSA events and OCEL logs."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from groupage.app.commands.import_files import DryRun, File, policy_in_force, publish, read_bytes
from groupage.app.commands.import_packing_list import import_packing_list
from groupage.app.commands.printing import AsJson, escape_controls, print_json
from groupage.domain.errors import InvalidInput
from groupage.domain.policy import CheckDigitPolicy
from groupage.settings import KafkaSettings, PolicySettings, TopicSettings

if TYPE_CHECKING:
    from producers.entries import Entry, Summary

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Import files of other systems. Importing a file twice changes nothing.",
)

CheckDigits = Annotated[
    CheckDigitPolicy, typer.Option(help="Treatment of SSCCs with a wrong check digit.")
]

_HEAD_BYTES = 65_536


@app.command("epcis")
def import_epcis(
    file: File,
    *,
    check_digits: CheckDigits = "warn",
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Publish nothing if any event is wrong.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import an EPCIS document (JSON 2.0; XML 1.x or 2.0). Status 1 if an event is rejected."""
    from producers.entries import Rejected, summarize  # noqa: PLC0415
    from producers.epcis.documents import read_document  # noqa: PLC0415
    from producers.epcis.importing import entries_of  # noqa: PLC0415
    from producers.screening import CheckDigitRules  # noqa: PLC0415

    data = read_bytes(file)
    try:
        document = read_document(data)
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
    if document.problems:
        wrong = "; ".join(problem.message for problem in document.problems)
        raise InvalidInput(f"{file}: {wrong}")
    policy = PolicySettings().load() if dry_run else policy_in_force()
    rules = CheckDigitRules(containers=policy.check_digits, units=check_digits)
    entries = list(
        entries_of(document, recorded_at=datetime.now(UTC), found_by="import-epcis", rules=rules)
    )
    stopped = all_or_nothing and any(isinstance(entry, Rejected) for entry in entries)
    if stopped:
        summary = summarize(entry for entry in entries if isinstance(entry, Rejected))
        summary.read = summary.rejected = len(entries)
    else:
        summary = publish(entries, dry_run=dry_run, total=len(entries))
    summary.notes.update(document.notes)
    _report(summary, as_json=as_json, dry_run=dry_run)


@app.command("dcsa")
def import_dcsa(
    file: File,
    *,
    new_containers: Annotated[
        bool,
        typer.Option("--new-containers", help="Accept containers that the hub does not know."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import DCSA Track & Trace events (2.2 or 3.0.0). Status 1 if an event is rejected.

    The command matches them to the voyages, bookings and containers that the hub knows.
    """
    from producers.dcsa.document import entries_of, read_bundle  # noqa: PLC0415
    from producers.dcsa.reference_log import read_references  # noqa: PLC0415
    from producers.screening import CheckDigitRules  # noqa: PLC0415

    try:
        bundle = read_bundle(read_bytes(file))
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
    prefix = TopicSettings().prefix
    reading = read_references(KafkaSettings(), prefix=prefix, takes_new_containers=new_containers)
    references = asyncio.run(reading)
    policy = policy_in_force()
    entries = entries_of(
        bundle,
        references,
        recorded_at=datetime.now(UTC),
        found_by="import-dcsa",
        rules=CheckDigitRules(containers=policy.check_digits, units="warn"),
    )
    summary = publish(entries, dry_run=dry_run, total=len(bundle.events))
    _report(summary, as_json=as_json, dry_run=dry_run)


@app.command("ocel")
def import_ocel(
    file: File,
    *,
    source: Annotated[
        str | None, typer.Option(help="Source of the facts; default: /ocel/<file name>.")
    ] = None,
    iso_type: Annotated[
        str, typer.Option(help="Container type (ISO 6346): the log has none.")
    ] = "22G1",
    zone: Annotated[str, typer.Option(help="Time zone of times without offset.")] = "UTC",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a container-logistics log (OCEL 2.0 as CSV); the report counts every row."""
    from groupage.contracts.foreign_formats import say_foreign  # noqa: PLC0415
    from producers.ocel.importing import Count, entries_of  # noqa: PLC0415
    from producers.ocel.mapping import Assumptions  # noqa: PLC0415

    count = Count()

    def counted_entries() -> "Iterable[Entry]":
        for entry in entries_of(
            file,
            recorded_at=datetime.now(UTC),
            source=source,
            assumptions=Assumptions(iso_type=iso_type),
            zone=_parse_zone(zone),
        ):
            count.add(entry)
            yield entry

    with file.open("rb") as lines:
        if foreign := say_foreign(lines.read(_HEAD_BYTES), "OCEL 2.0 as CSV is read"):
            raise InvalidInput(f"{file}: {foreign}")
        lines.seek(0)
        total = max(0, sum(1 for _ in lines) - 1)
    summary = publish(counted_entries(), dry_run=dry_run, total=total)
    _report(summary, as_json=as_json, dry_run=dry_run, counts=count.as_json())


app.command("packing-list")(import_packing_list)


def _parse_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(
            f"{name!r} is not a time zone; expected a name like Asia/Shanghai"
        ) from error


def _report(
    summary: "Summary", *, as_json: bool, dry_run: bool, counts: dict[str, int] | None = None
) -> None:
    if as_json:
        report = summary.as_json() | ({"counts": counts} if counts else {}) | {"dry_run": dry_run}
        print_json(report)
    else:
        _print_summary(summary, dry_run=dry_run, counts=counts)
    if summary.rejected:
        raise typer.Exit(1)


def _print_summary(summary: "Summary", *, dry_run: bool, counts: dict[str, int] | None) -> None:
    done = "would become" if dry_run else "became"
    facts = f"{summary.facts} fact{'s' * (summary.facts != 1)}"
    typer.echo(
        f"{summary.read} read: {summary.accepted} accepted ({done} {facts}), "
        f"{summary.quarantined} quarantined, {summary.rejected} rejected"
    )
    for title, figures in (
        ("why", summary.reasons),
        ("facts", summary.events),
        ("remarks", summary.notes),
        ("counts", counts or {}),
    ):
        if figures:
            listed = ", ".join(f"{name} {number:,}" for name, number in figures.items())
            typer.echo(f"  {title}: {listed}")
    for error in summary.errors:
        typer.echo(f"  {escape_controls(error)}", err=True)
