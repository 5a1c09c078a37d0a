"""The access rules of deploy/kafka/acls.sh are those of the table of topics."""

import pytest

from groupage.contracts.topics import CLOCK_TOPICS, DEAD_LETTER_TOPIC, POLICY_TOPIC, TOPICS
from producers.dcsa.reference_log import OWN_TOPICS
from producers.dcsa.reference_log import TOPICS as CARRIERS_TOPICS
from tests.deploy.acls_script import rules_of_script

PUBLIC = {topic.name for topic in TOPICS if topic.public}
ALL = {topic.name for topic in TOPICS}
TICKS = {topic.name for topic in CLOCK_TOPICS}


@pytest.fixture(scope="module")
def rules() -> dict[tuple[str, str], set[str]]:
    """The rules that the script would add."""
    return rules_of_script()


def test_others_write_public_topics_and_dead_letters_only(
    rules: dict[tuple[str, str], set[str]],
) -> None:
    """Neither a sender nor the gateway can write where only the hub speaks."""
    for principal in ("sender", "gateway"):
        assert rules[principal, "Write"] == PUBLIC | {DEAD_LETTER_TOPIC}
    assert ("reader", "Write") not in rules


def test_each_process_may_do_what_it_does(rules: dict[tuple[str, str], set[str]]) -> None:
    """Workers read and write everything, the planner announces plans, the clock ticks."""
    assert rules["processors", "Read"] == ALL | {"groupage-intake"}
    assert rules["processors", "Write"] == ALL
    assert rules["planner", "Read"] == {"hub.planrequest.v1", "groupage-planner"}
    assert rules["planner", "Write"] == {"hub.plan.v1", DEAD_LETTER_TOPIC}
    assert rules["clock", "Write"] == TICKS | {"hub.alert.v1"}
    assert rules["clock", "Read"] == {POLICY_TOPIC}
    for principal in ("gateway", "sender"):
        assert rules[principal, "Read"] == {POLICY_TOPIC, *CARRIERS_TOPICS, *OWN_TOPICS}
    for principal in ("processors", "planner", "clock", "operator"):
        assert rules[principal, "DescribeConfigs"] == ALL
    assert rules["operator", "Create"] == ALL
