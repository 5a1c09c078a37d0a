"""The demo's policies: timeouts for a clock that runs fast, and the hub's defaults after that."""

from pathlib import Path

from groupage.domain.policy_file import load_policy

_FAST_MOTION = """\
# Policy of the demo. Everything that is not named here has its default.
#
# In fast motion an hour of the hub passes in a second or two, while a solver takes as long as it
# always does. So a lane requests a plan on its own only if a carrier or a container makes it
# urgent; else a dispatcher commands it, in the rounds of the day and before each cut-off. All
# other replan triggers wait until then. Cut-offs, tolerances and prices are the defaults.
replan_debounce_s = 604_800
replan_urgent_s = 900
request_timeout_s = 604_800
urgent_causes = ["carrier", "container", "command"]
"""


_AFTERWARDS = """\
# Policy of the demo's hub since its day in fast motion is over: everything has its default.
"""
REASON = "the day in fast motion is over"


def write_policy(file: Path) -> Path:
    """Write the policy of the day, and read it back to check it."""
    file.write_text(_FAST_MOTION, encoding="utf-8")
    load_policy(file)
    return file


def write_policy_afterwards(file: Path) -> Path:
    """Write the policy for the time after the day; a later ``groupage up`` adopts it."""
    file.write_text(_AFTERWARDS, encoding="utf-8")
    return file
