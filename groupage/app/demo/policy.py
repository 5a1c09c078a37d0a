"""The rules of a demonstration: the hub's own, with patience for a clock that runs fast."""

from pathlib import Path

from groupage.domain.policy import load_policy

_FAST_MOTION = """\
# Rules of the demonstration. Everything that is not named here is as in operation.
#
# In fast motion an hour of the hub passes in a second or two, while a solver takes as long as it
# always does. So a lane asks for a plan by itself only when a carrier or a container makes it
# urgent; else when a dispatcher calls for it, in the rounds of the day and before each cut-off.
# The wishes of all others wait until then. Cut-offs, tolerances and prices stay as they are.
replan_debounce_s = 604_800
replan_urgent_s = 900
request_timeout_s = 604_800
urgent_causes = ["carrier", "container", "command"]
"""


def write_policy(file: Path) -> Path:
    """Write the policy, and read it back to be sure that it is one."""
    file.write_text(_FAST_MOTION, encoding="utf-8")
    load_policy(file)
    return file
