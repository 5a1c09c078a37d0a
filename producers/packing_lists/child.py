"""The process that reads a posted list: ``python -m producers.packing_lists.child``.

Files come from strangers. So the gateway hands the whole body of a request to a process of its own,
with a limit on memory, and kills it at a deadline: nothing that a body holds can stop the gateway
or fill its memory. The job comes on standard input, the reply goes to standard output.
"""

import asyncio
import resource
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from groupage.contracts.encoding import envelope_json
from groupage.contracts.instants import read_instant
from groupage.domain.errors import InvalidInput
from groupage.domain.policy import Policy
from groupage.domain.words import number_of
from producers.packing_lists.booking import Times
from producers.packing_lists.explaining import explain
from producers.packing_lists.importing import ListReading, ListRequest, first_minute, read_list
from producers.packing_lists.jobs import ANSWERED, FIELDS, FLAGS, LENGTH, TEXTS, ListJob, ListReply
from producers.packing_lists.report import as_json
from producers.packing_lists.shared import Options
from producers.problems import FieldProblem

MEMORY_BYTES_MAX = 2**31
"""Of addresses; a list at the limits of `producers.sheets.limits` takes a third of it."""
_ANSWERS_MAX = 500
_FIELD_BYTES_MAX = 16 * 1024
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


class BadRequest(Exception):
    """The body is not a form that the gateway takes."""

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def main() -> None:
    """Read one job, write one reply."""
    with suppress(ValueError, OSError):  # macOS knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    source = sys.stdin.buffer
    (length,) = LENGTH.unpack(source.read(LENGTH.size))
    job = msgspec.json.decode(source.read(length), type=ListJob)
    reply = handle(job, source.read(job.body_bytes))
    sys.stdout.buffer.write(msgspec.json.encode(reply))


def handle(job: ListJob, body: bytes) -> ListReply:
    """Return the reply to a body."""
    try:
        form = asyncio.run(_parse(job.boundary, body))
        name, data = _file_of(form)
        flags = {name: _flag(form, name) for name in FLAGS}
        request, times = _request_of(form, job, datetime.now(UTC), amend=flags["amend"])
    except BadRequest as error:
        return ListReply(code="bad_request", detail=str(error), problems=error.problems)
    policy = Policy(check_digits=job.check_digits, cartons=job.cartons)
    try:
        reading = read_list(name, data, request, times=times, policy=policy)
    except InvalidInput as error:
        return ListReply(code="invalid_packing_list", detail=str(error))
    except MemoryError:
        detail = f"{name} takes too much memory to read; send the sheet of the packing list alone"
        return ListReply(code="invalid_packing_list", detail=detail)
    return _reply(reading, flags, times)


def _reply(reading: ListReading, flags: dict[str, bool], times: Times) -> ListReply:
    booking = reading.booking
    open_ = [*booking.questions, *booking.errors]
    explained = b""
    if flags["explain"]:
        explained = explain(reading.workbook, reading.packing_list, booking)
    return ListReply(
        code="invalid_packing_list" if open_ else "",
        detail=(
            f"{number_of(len(booking.questions), 'question')} and "
            f"{number_of(len(booking.errors), 'error')}; nothing of the list was published"
            if open_
            else ""
        ),
        report=as_json(reading.packing_list, booking),
        facts=tuple(envelope_json(fact).decode() for fact in booking.facts),
        recorded_at=times.recorded_at,
        dry_run=flags["dry_run"] or flags["explain"],
        explained=explained,
    )


async def _parse(boundary: str, body: bytes) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    # Only the boundary: with a charset of the sender's, field names would be decoded by it.
    headers = Headers({"content-type": f'multipart/form-data; boundary="{boundary}"'})
    parser = MultiPartParser(
        headers,
        stream(),
        max_files=1,
        max_fields=len(FIELDS) + _ANSWERS_MAX,
        max_part_size=_FIELD_BYTES_MAX,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        expected = f"multipart/form-data with one part file: {error.message}"
        raise BadRequest(FieldProblem(field="body", value=None, expected=expected)) from None


def _file_of(form: FormData) -> tuple[str, bytes]:
    """Return the file's name and bytes; check the names of all parts."""
    problems = [
        FieldProblem(field=name[:80], value=None, expected="one of " + ", ".join(FIELDS))
        for name in form
        if name not in FIELDS
    ]
    for name in FIELDS:
        values = form.getlist(name)
        if name != "answer" and len(values) > 1:
            expected = "this field once"
            problems.append(FieldProblem(field=name, value=len(values), expected=expected))
        if name != "file" and any(isinstance(value, UploadFile) for value in values):
            problems.append(FieldProblem(field=name, value=None, expected="a text, not a file"))
    file = form.get("file")
    if not isinstance(file, UploadFile):
        expected = "the packing list as a file with its name"
        problems.append(FieldProblem(field="file", value=None, expected=expected))
    if problems:
        raise BadRequest(*problems)
    assert isinstance(file, UploadFile), "checked above"
    name = Path((file.filename or "").replace("\\", "/")).name or "list"
    return name[:200], file.file.read()


def _request_of(
    form: FormData, job: ListJob, now: datetime, *, amend: bool
) -> tuple[ListRequest, Times]:
    texts = {name: str(form.get(name, "")).strip() for name in TEXTS}
    answers: dict[str, str] = {}
    for value in form.getlist("answer"):
        key, equals, answer = str(value).partition("=")
        if not (key.strip() and equals and answer.strip()):
            raise BadRequest(FieldProblem(field="answer", value=value, expected="KEY=VALUE"))
        answers[key.strip()] = answer.strip()
    listed_at = now if amend else first_minute(now)
    if texts["listed_at"]:
        given = read_instant(texts["listed_at"])
        if given is None:
            expected = "an instant with its offset, such as 2026-03-01T10:00:00+08:00"
            raise BadRequest(
                FieldProblem(field="listed_at", value=texts["listed_at"], expected=expected)
            )
        listed_at = min(given, now)
    request = ListRequest(
        options=Options(**{name: texts[name] or None for name in ANSWERED}, amend=amend),
        answers=answers,
        sheet=texts["sheet"] or None,
        encoding=texts["encoding"] or None,
        profile=texts["profile"],
        profiles=Path(job.profiles) if job.profiles else None,
    )
    return request, Times(listed_at=listed_at, recorded_at=now)


def _flag(form: FormData, name: str) -> bool:
    text = str(form.get(name, "")).strip().lower()
    if text not in (*_YES, *_NO):
        raise BadRequest(FieldProblem(field=name, value=text, expected="true or false"))
    return text in _YES


if __name__ == "__main__":
    main()
