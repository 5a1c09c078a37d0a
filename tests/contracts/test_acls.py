"""The access rules of deploy/kafka/acls.sh are those of the table of topics."""

import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from groupage.contracts.topics import DEAD_LETTER_TOPIC, POLICY_TOPIC, TOPICS

SCRIPT = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.sh"
PUBLIC = {topic.name for topic in TOPICS if topic.public}
ALL = {topic.name for topic in TOPICS}
TICKS = {topic.name for topic in TOPICS if topic.ticks}
PREFIX = "hub1."


@pytest.fixture(scope="module")
def rules() -> dict[tuple[str, str], set[str]]:
    """Return the names that each principal may use, by principal and operation."""
    shell = shutil.which("sh")
    assert shell
    printed = subprocess.run(
        [shell, str(SCRIPT), "broker:9092", PREFIX, "--", "--command-config", "admin.properties"],
        env=os.environ | {"KAFKA_ACLS": "echo"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in printed.splitlines():
        options = defaultdict(list)
        words = iter(line.split())
        for word in words:
            if word == "--add":
                continue
            options[word].append(next(words))
        assert options["--command-config"] == ["admin.properties"]
        (principal,) = options["--allow-principal"]
        names = [*options["--topic"], *options["--group"]]
        assert names
        assert all(name.startswith(PREFIX) for name in names)
        for operation in options["--operation"]:
            who = principal.removeprefix("User:groupage-")
            found[who, operation] |= {name.removeprefix(PREFIX) for name in names}
    return found


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
    for principal in ("clock", "gateway", "sender"):
        assert rules[principal, "Read"] == {POLICY_TOPIC}
    for principal in ("processors", "planner", "clock", "operator"):
        assert rules[principal, "DescribeConfigs"] == ALL
    assert rules["operator", "Create"] == ALL
