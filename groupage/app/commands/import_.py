"""``groupage import``: packing lists, EPCIS documents, DCSA events and OCEL logs."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from groupage.app.commands.import_files import DryRun, File, policy_in_force, publish, read_bytes
from groupage.app.commands.import_packing_list import import_packing_list
from groupage.app.commands.logs import quiet_logs
from groupage.app.commands.printing import AsJson, escape_controls, print_json
from groupage.domain.errors import InvalidInput, Unavailable
from groupage.domain.policy import CheckDigitPolicy
from groupage.settings import KafkaSettings, PolicySettings, TopicSettings

if TYPE_CHECKING:
    from producers.dcsa.document import Bundle
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
_NEEDS = {
    "voyage": "name a voyage or a carrier booking",
    "booking": "are about a carrier booking",
    "retraction": "retract an event of another document",
}


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

    The command matches them to the voyages, bookings and containers that the hub knows. A dry run
    judges without them what it can, if Kafka does not answer.
    """
    from producers.dcsa.document import read_bundle  # noqa: PLC0415

    try:
        bundle = read_bundle(read_bytes(file))
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error}") from error
    quiet_logs("import")
    try:
        summary = _deliver_dcsa(bundle, new_containers=new_containers, dry_run=dry_run)
    except Unavailable as error:
        if not dry_run:
            raise
        _report_without_hub(bundle, error, as_json=as_json)
    else:
        _report(summary, as_json=as_json, dry_run=dry_run)


def _deliver_dcsa(bundle: "Bundle", *, new_containers: bool, dry_run: bool) -> "Summary":
    """Match the events to what the hub knows, and publish them. Raises Unavailable."""
    from producers.dcsa.document import entries_of  # noqa: PLC0415
    from producers.dcsa.reference_log import needs_own, read_references  # noqa: PLC0415
    from producers.screening import CheckDigitRules  # noqa: PLC0415

    references = asyncio.run(
        read_references(
            KafkaSettings(),
            prefix=TopicSettings().prefix,
            takes_new_containers=new_containers,
            with_own=any(needs_own(bytes(raw)) for raw in bundle.events),
        )
    )
    entries = entries_of(
        bundle,
        references,
        recorded_at=datetime.now(UTC),
        found_by="import-dcsa",
        rules=CheckDigitRules(containers=policy_in_force().check_digits, units="warn"),
    )
    return publish(entries, dry_run=dry_run, total=len(bundle.events))


def _report_without_hub(bundle: "Bundle", error: Unavailable, *, as_json: bool) -> None:
    """Judge the events by the policy's file and what they say themselves."""
    from producers.dcsa.without_hub import judge_without_hub  # noqa: PLC0415
    from producers.screening import CheckDigitRules  # noqa: PLC0415

    judged = judge_without_hub(
        bundle,
        recorded_at=datetime.now(UTC),
        found_by="import-dcsa",
        rules=CheckDigitRules(containers=PolicySettings().load().check_digits, units="warn"),
    )
    if not as_json:
        typer.echo(f"judged without the hub: {escape_controls(str(error))}", err=True)
    _report(
        judged.summary,
        as_json=as_json,
        dry_run=True,
        not_judged=judged.not_judged | {"container": judged.containers_named},
    )


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
    summary: "Summary",
    *,
    as_json: bool,
    dry_run: bool,
    counts: dict[str, int] | None = None,
    not_judged: dict[str, int] | None = None,
) -> None:
    if as_json:
        report = summary.as_json() | ({"counts": counts} if counts else {}) | {"dry_run": dry_run}
        print_json(report | ({} if not_judged is None else {"not_judged": not_judged}))
    else:
        _print_summary(summary, dry_run=dry_run, counts=counts)
        for line in _open_questions(not_judged or {}):
            typer.echo(f"  {line}")
    if summary.rejected:
        raise typer.Exit(1)


def _open_questions(not_judged: dict[str, int]) -> Iterable[str]:
    """Say what only the hub knows of events that were judged without it."""
    for needs, number in not_judged.items():
        if number and needs == "container":
            yield f"not judged: whether the hub knows the containers ({number:,})"
        elif number:
            yield f"not judged: {number:,} that {_NEEDS[needs]}"


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
