"""The rules of a demonstration: the hub's own, with patience for a clock that runs fast."""

from pathlib import Path

from groupage.domain.policy import load_policy

_FAST_MOTION = """\
# Rules of the demonstration. Everything that is not named here is as in operation.
#
# In fast motion an hour of the hub passes in a second or two, while a solver takes as long as it
# always does. So a lane collects its wishes for longer (hub's clock) before it asks for a plan,
# and waits longer for the answer. Cut-offs, tolerances and prices stay as they are.
replan_debounce_s = {debounce_s}
replan_urgent_s = {urgent_s}
request_timeout_s = 43_200
urgent_causes = ["carrier", "container", "command"]
"""
_DEBOUNCE_S = {"small": 36_000, "t0": 36_000}
_URGENT_S = {"small": 900, "t0": 900}


def write_policy(file: Path, *, scale: str) -> Path:
    """Write the policy of a scale, and read it back to be sure that it is one."""
    text = _FAST_MOTION.format(debounce_s=_DEBOUNCE_S[scale], urgent_s=_URGENT_S[scale])
    file.write_text(text, encoding="utf-8")
    load_policy(file)
    return file
