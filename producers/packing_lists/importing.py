"""The whole way of a list: from a file's bytes to what was understood, and to facts."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.policy import Policy
from producers.entries import Accepted, Entry, Rejected
from producers.packing_lists.booking import Booking, Times, book
from producers.packing_lists.jobs import ANSWERED
from producers.packing_lists.model import Finding, PackingList
from producers.packing_lists.profile_check import check_profile
from producers.packing_lists.profiles import Profile, load_profile, require_same_form
from producers.packing_lists.reading import understand
from producers.packing_lists.shared import Options
from producers.packing_lists.turned import turn_lists
from producers.problems import StatedProblem
from producers.screening import CheckDigitRules
from producers.sheets.reading import read_workbook
from producers.sheets.workbook import Workbook

OWN_ANSWERS = frozenset(
    (*ANSWERED, "buyer", "incoterm", "latest_arrival_at", "consignments", "dangerous")
)
"""Keys of the answers that concern the consignment; the others concern columns and figures."""


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender gives beside the file."""

    options: Options = Options()
    answers: Mapping[str, str] = {}
    sheet: str | None = None
    encoding: str | None = None
    """Of a text file."""
    profile: str = ""
    profiles: Path | None = None
    """The folder of the profiles."""


class ListReading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, understood and made of a file."""

    workbook: Workbook
    packing_list: PackingList
    booking: Booking

    @property
    def rows(self) -> int:
        """Number of lines; of a list that cannot be taken, of the rows below its header."""
        if self.packing_list.lines and self.booking.facts:
            return len(self.packing_list.lines)
        below = max(self.packing_list.header_rows, default=-1) + 1
        names = self.packing_list.sheets
        sheets = [sheet for sheet in self.workbook.sheets if sheet.name in names]
        return max(1, sum(len(sheet.rows) - below for sheet in sheets[:1]))


def read_list(
    name: str, data: bytes, request: ListRequest, *, times: Times, policy: Policy
) -> ListReading:
    """Read, understand and book a list.

    Raises InvalidInput for a file that cannot be read, and for a profile that does not fit.
    """
    profile = _profile_of(request)
    answers = {**profile.answers, **request.answers}
    given = {
        name: value for name, value in msgspec.structs.asdict(request.options).items() if value
    }
    options = Options(**{**profile.options, **given})
    workbook = turn_lists(read_workbook(name, data, encoding=request.encoding))
    figures = {key: value for key, value in answers.items() if key not in OWN_ANSWERS}

    def read_with(given: Mapping[str, str]) -> PackingList:
        return understand(workbook, answers=given, limits=policy.cartons, sheet=request.sheet)

    packing_list = read_with(figures)
    require_same_form(profile, packing_list, request.profile)
    remembered = {key: figures[key] for key in figures.keys() - request.answers}
    idle = {key for key in remembered if _is_idle(packing_list, key)}
    packing_list = _without_idle_answers(packing_list, remembered)
    packing_list = check_profile(
        request.profile,
        {key: answer for key, answer in sorted(remembered.items()) if key not in idle},
        packing_list,
        lambda: read_with({k: v for k, v in figures.items() if k not in remembered}),
    )
    by_profile = [
        Finding(cell="", code="profile", text=f"{field} {value}: profile {request.profile} says it")
        for field, value in profile.options.items()
        if field not in given
    ]
    packing_list = msgspec.structs.replace(
        packing_list, remarks=(*packing_list.remarks, *by_profile)
    )
    booking = book(
        packing_list,
        workbook,
        options=options,
        answers=answers,
        times=times,
        rules=CheckDigitRules(containers=policy.check_digits, units=policy.check_digits),
    )
    return ListReading(workbook=workbook, packing_list=packing_list, booking=booking)


def _is_idle(packing_list: PackingList, key: str) -> bool:
    """Tell whether an answer of a profile fits no question of the list."""
    return any(
        error.code == "unknown_answer" and error.text.startswith(f"answer {key}=")
        for error in packing_list.errors
    )


def _without_idle_answers(packing_list: PackingList, keys: Collection[str]) -> PackingList:
    """Drop the errors about a profile's answers that this list has no question for.

    An answer about a cell, or one that the figures make needless, is right for other lists.
    """
    prefixes = tuple(f"answer {key}=" for key in keys)
    errors = tuple(
        error
        for error in packing_list.errors
        if error.code != "unknown_answer" or not error.text.startswith(prefixes)
    )
    return msgspec.structs.replace(packing_list, errors=errors)


def _profile_of(request: ListRequest) -> Profile:
    if not request.profile:
        return Profile()
    if request.profiles is None:
        raise InvalidInput("this process has no folder of profiles")
    return load_profile(request.profiles, request.profile)


def unreadable(name: str, reason: str) -> tuple[PackingList, Booking]:
    """Return the empty list and booking of a file that cannot be read, with the error."""
    error = Finding(cell="", code="unreadable", text=reason)
    packing_list = PackingList(workbook=name, sheets=(), columns=(), lines=(), errors=(error,))
    booking = Booking(facts=(), consignments=(), questions=(), errors=(error,), remarks=())
    return packing_list, booking


def entry_of(name: str, booking: Booking) -> Entry:
    """Return the list as the one entry of an import."""
    if booking.facts:
        notes = tuple(finding.code for finding in booking.remarks)
        return Accepted(facts=booking.facts, notes=notes)
    problems = [
        StatedProblem(field=finding.cell or name, value=None, expected=finding.text)
        for finding in (*booking.questions, *booking.errors)
    ]
    return Rejected(event_id=name, code="invalid_packing_list", problems=tuple(problems))


def first_minute(listed_at: datetime) -> datetime:
    """Return the beginning of the day, for lists of which nobody knows when they were written."""
    return listed_at.replace(hour=0, minute=0, second=0, microsecond=0)
