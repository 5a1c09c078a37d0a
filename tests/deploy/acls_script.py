"""The rules that deploy/kafka/acls.sh would add, without a broker."""

import itertools
import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.sh"
PREFIX = "hub1."
"""Of the topics of the hub under test."""


def rules_of_script() -> dict[tuple[str, str], set[str]]:
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
        principals = options["--allow-principal"]
        assert principals
        names = [*options["--topic"], *options["--group"]]
        assert names
        assert all(name.startswith(PREFIX) for name in names)
        for principal, operation in itertools.product(principals, options["--operation"]):
            who = principal.removeprefix("User:groupage-")
            found[who, operation] |= {name.removeprefix(PREFIX) for name in names}
    return found
