"""The hub's policy at the gateway: that of the log, and of the file until the log is read."""

from collections.abc import Callable

import structlog
from pydantic import ValidationError

from groupage.contracts.policy_following import PolicyFollower
from groupage.contracts.policy_log import PolicyLog
from groupage.contracts.signing import hub_key_from
from groupage.domain.errors import Misconfigured
from groupage.domain.policy import Policy
from groupage.settings import HubSettings, KafkaSettings, PolicySettings, TopicSettings

log = structlog.get_logger(__name__)


def policy_of_file() -> Policy:
    """Return the policy that counts until the log is read; a wrong file stops no gateway."""
    try:
        return PolicySettings().load()
    except Misconfigured as error:
        log.warning("policy_file_not_read", error=str(error))
        return Policy()


def policy_follower(
    kafka: KafkaSettings,
    *,
    prefix: str,
    wall: bool,
    of_file: Policy,
    judge_by: Callable[[Policy], None],
) -> PolicyFollower | None:
    """Return what follows the hub's policy; None, with a warning, without the hub's secret.

    Without it nobody could tell the hub's adoptions from those of others.
    """
    try:
        hub_key = hub_key_from(HubSettings(), TopicSettings())
    except (ValidationError, Misconfigured) as error:
        log.warning(
            "policy_not_followed",
            reason="the gateway verifies adoptions with the hub's secret; until "
            "GROUPAGE_HUB_SECRET or GROUPAGE_HUB_SECRET_FILE is set, the policy file counts",
            error=type(error).__name__,
        )
        return None
    policy_log = PolicyLog(kafka, prefix=prefix, hub_key=hub_key)
    return PolicyFollower(policy_log, wall=wall, in_force=of_file, judge_by=judge_by)
