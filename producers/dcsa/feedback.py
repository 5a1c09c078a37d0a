"""What DCSA calls a feedback element: how a request, or an event of it, was processed."""

from typing import Literal

import msgspec

MESSAGE_LENGTH_MAX = 5_000
Severity = Literal["ERROR", "WARN", "INFO"]


class Feedback(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A remark about a request. `property_path` is a JSONPath into its body."""

    severity: Severity
    message: str
    property_path: str = ""


def feedback(severity: Severity, text: str, path: str = "") -> Feedback:
    """Build a feedback element; a long text is cut."""
    return Feedback(severity=severity, message=text[:MESSAGE_LENGTH_MAX], property_path=path)
