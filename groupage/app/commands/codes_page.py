"""The page of codes (docs/codes.md), generated from the closed enumerations in the code."""

from collections.abc import Iterable, Iterator

_HEAD = """\
# Codes

Every code that a person may meet, with its meaning. `groupage contracts codes` prints this page
from the enumerations in the code; a test compares the two.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_HEAD, *(_section(*section) for section in _sections())])


def _sections() -> Iterator[tuple[str, str, Iterable[tuple[str, str]]]]:
    from groupage.contracts.undecodable import UndecodableCode  # noqa: PLC0415 - not for `--help`
    from groupage.domain import codes  # noqa: PLC0415 - as above
    from groupage.domain import value_names as names  # noqa: PLC0415 - as above
    from groupage.domain.rejections import RejectionCode  # noqa: PLC0415 - as above
    from optimizer.verification.codes import ViolationCode  # noqa: PLC0415 - as above
    from producers.dead_letters import QuarantineCode  # noqa: PLC0415 - as above

    yield (
        "Undecodable records",
        (
            "A dead letter with one of these holds a record that is not a valid event. The gateway "
            "answers with the same codes."
        ),
        _meanings(UndecodableCode),
    )
    yield (
        "Quarantined input",
        (
            "A dead letter with one of these holds valid input that the gateway or an import did "
            "not turn into an event, or (`check_digit`) a record that a worker did not take. "
            "A dead letter of another producer without a valid code gets "
            "the code `other`."
        ),
        _meanings(QuarantineCode),
    )
    yield (
        "Implausible times",
        (
            "A dead letter with one of these holds a valid event whose time cannot be right. An "
            "alert about its sender has the same code."
        ),
        _meanings(codes.TimeCode),
    )
    yield (
        "Rejections",
        (
            "A dead letter with one of these holds a valid event that breaks a rule of its "
            "aggregate. The event changes nothing as long as that is so."
        ),
        _meanings(RejectionCode),
    )
    yield (
        "Alerts",
        "What needs a person (`groupage alerts`, topic `hub.alert.v1`).",
        _meanings(codes.AlertCode),
    )
    yield (
        "Consignments left out of a plan",
        "The rule that kept a consignment out of every container (`groupage plan show`).",
        _meanings(codes.LeftOutCode),
    )
    yield (
        "Moves",
        (
            "Why a plan gives a consignment another container than the plan before "
            "(`groupage plan diff`)."
        ),
        _meanings(codes.MoveCode),
    )
    yield (
        "Unloadable containers",
        "Why the contents of a container that may not change have no complete load plan.",
        _meanings(codes.UnloadableCode),
    )
    yield (
        "Violations",
        "What the verifier can find wrong in a plan. A plan with any of them is not published.",
        _meanings(ViolationCode),
    )
    yield (
        "Cut-offs",
        "The last moment for something, by DCSA's code (events `sailing.*`, alerts, lists).",
        names.CUTOFFS.items(),
    )
    yield (
        "Customs modes",
        (
            "The supervision mode under which China's customs release an export (`mode` of "
            "bookings and declarations). The policy says which modes may share a container."
        ),
        names.CUSTOMS_MODES.items(),
    )
    yield "Holds", "The type of a hold on a consignment.", names.HOLD_TYPES.items()
    yield (
        "Classifiers",
        "The attribute `classifier` of an event; without it, the event says what happened.",
        names.CLASSIFIERS.items(),
    )


def _meanings(enumeration: Iterable[object]) -> list[tuple[str, str]]:
    return [(str(code), str(getattr(code, "meaning", ""))) for code in enumeration]


def _section(title: str, about: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"## {title}", "", about, "", "| code | meaning |", "|---|---|"]
    lines += [f"| `{code}` | {meaning} |" for code, meaning in rows]
    return "\n".join([*lines, ""])
