"""Alerts about senders of times that cannot be right."""

from hashlib import blake2b

from groupage.domain.codes import TimeCode
from groupage.domain.events.alerts import AlertRaised

CLOCK_ID = "hub"
"""Id of the hub's clock, which these alerts are about."""
_SOURCE_CHARACTERS_MAX = 120


def sender_alert(code: TimeCode, source: str, message: str) -> AlertRaised:
    """Make an alert about a sender; the same code and source give the same alert id."""
    return AlertRaised(
        alert_id=sender_alert_id(code, source),
        about=CLOCK_ID,
        about_kind="clock",
        code=code,
        severity="critical" if code == TimeCode.CLOCK_IMPLAUSIBLE else "warning",
        message=message,
    )


def sender_alert_id(code: str, source: str) -> str:
    """Return the id of the alert about a sender."""
    name = source.strip() or "unknown"
    if len(name) > _SOURCE_CHARACTERS_MAX:
        digest = blake2b(source.encode(), digest_size=8).hexdigest()
        name = f"{name[:_SOURCE_CHARACTERS_MAX].rstrip()}-{digest}"
    return f"clock/{CLOCK_ID}/{code}/{name}"
