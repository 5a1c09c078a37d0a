"""What the gateway and the process that reads posted lists hand to each other."""

import struct
from datetime import datetime
from typing import Any

import msgspec

from groupage.domain.carton_limits import CartonLimits
from groupage.domain.policy import CheckDigitPolicy
from producers.problems import FieldProblem

LENGTH = struct.Struct(">I")
"""Length of the job before it; the body follows the job."""
ANSWERED = (
    "consignment_id",
    "shipper",
    "consignee",
    "pol",
    "pod",
    "mode",
    "currency",
    "ready_at",
)
"""What an option or an answer may say about the consignment."""
FLAGS = ("amend", "dry_run", "explain")
TEXTS = (*ANSWERED, "sheet", "encoding", "profile", "listed_at")
FIELDS = ("file", "answer", *TEXTS, *FLAGS)
"""Names of the parts that a body may have; `answer` may come several times."""


class ListJob(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway hands over before the body."""

    boundary: str
    body_bytes: int
    check_digits: CheckDigitPolicy
    cartons: CartonLimits = CartonLimits()
    profiles: str
    """Folder of the profiles; empty: there is none."""


class ListReply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the body."""

    code: str = ""
    """Empty: the list was read without a question or an error. Else a key of the gateway's
    `TITLES`."""
    detail: str = ""
    problems: tuple[FieldProblem, ...] = ()
    report: dict[str, Any] = {}
    facts: tuple[str, ...] = ()
    """As structured CloudEvents."""
    recorded_at: datetime | None = None
    dry_run: bool = False
    explained: bytes = b""
    """The explained workbook, if it was asked for."""
