"""Alerts about senders: of times that cannot be right, and of facts in the hub's name.

One alert for each sender and code, however many records come, with a count.
"""

from collections.abc import Mapping
from hashlib import blake2b

from groupage.domain.codes import AlertCode, TimeCode
from groupage.domain.events.alerts import AlertRaised, Severity
from groupage.domain.words import cut

CLOCK_ID = "hub"
"""Id of the hub's clock, which these alerts are about."""
SENDER_SEVERITIES: Mapping[str, Severity] = {
    TimeCode.CLOCK_IMPLAUSIBLE: "critical",
    TimeCode.FROM_THE_FUTURE: "warning",
    AlertCode.NOT_YOURS: "critical",
}
"""The codes of dead letters that raise an alert about their sender."""
SENDERS_MAX = 20
"""Alerts of one code at once. Names of sources are free: a flood of names shares one more."""
COUNTED_MAX = 1_000
_SOURCE_CHARACTERS_MAX = 120
_OTHERS = "other-senders"
_TO_DO: Mapping[str, str] = {
    AlertCode.NOT_YOURS: (
        ". Correct that system if it is yours; give it the hub's secret if it is a process of the "
        "hub; otherwise keep it from the hub's topics (docs/trust.md). Then replay or dismiss the "
        "dead letters (`groupage deadletters`)"
    )
}


def sender_alert(code: str, source: str, message: str) -> AlertRaised:
    """Make an alert about a sender; the same code and source give the same alert id."""
    return _alert(code, sender_alert_id(code, source), message)


def dead_letter_alert(code: str, source: str, *, reason: str, count: int) -> AlertRaised:
    """Make the alert about a sender of `count` dead letters; `reason` is that of the latest."""
    text = f"{source or 'a sender without a name'}: {reason}{_TO_DO.get(code, '')}"
    if count > 1:
        text = f"at least {min(count, COUNTED_MAX):,} records, the latest of {text}"
    return sender_alert(code, source, cut(text))


def other_senders_alert(code: str) -> AlertRaised:
    """Make the alert about all senders that have no alert of their own."""
    message = (
        f"more than {SENDERS_MAX} senders have dead letters with this code: "
        f"`groupage deadletters list --code {code}`{_TO_DO.get(code, '')}"
    )
    return _alert(code, f"clock/{CLOCK_ID}/{code}/{_OTHERS}", message)


def sender_alert_id(code: str, source: str) -> str:
    """Return the id of the alert about a sender: its name, as far as an id may hold it."""
    name = "".join(char for char in source if char.isprintable()).strip() or "unknown"
    if name != source or len(name) > _SOURCE_CHARACTERS_MAX or name == _OTHERS:
        digest = blake2b(source.encode(), digest_size=8).hexdigest()
        name = f"{name[:_SOURCE_CHARACTERS_MAX].rstrip()}-{digest}"
    return f"clock/{CLOCK_ID}/{code}/{name}"


def _alert(code: str, alert_id: str, message: str) -> AlertRaised:
    return AlertRaised(
        alert_id=alert_id,
        about=CLOCK_ID,
        about_kind="clock",
        code=code,
        severity=SENDER_SEVERITIES[code],
        message=message,
    )
