"""Files that no import can read."""

from pathlib import Path

import pytest

from groupage.app import cli


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("epcis", b'{"type":\n "EPCISDocument",,', "{}: not an EPCIS document in JSON: "),
        ("epcis", b'{"type": "EPCISDocument", "epcisBody": {"eventList": []}}', "{}: schemaV"),
        ("epcis", b"", "{} is empty"),
        ("packing-list", b"", "{} is empty"),
        ("ocel", b"", "{}: the first line is ''"),
        ("ocel", b"id,type,time,Container\n1,\xff\n", "{}: line 2 is not UTF-8 text"),
    ],
)
def test_the_error_names_the_file(
    kind: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1; the error holds the path as it was typed and what is wrong."""
    file = tmp_path / "file"
    file.write_bytes(content)
    assert cli.run(["import", kind, str(file), "--dry-run"]) == 1
    assert capsys.readouterr().err.startswith(f"groupage: {message.format(file)}")


def test_a_request_is_not_taken_for_a_plan_nor_a_plan_for_a_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says what the file is, and which command reads it."""
    request, plan = tmp_path / "request.json", tmp_path / "plan.json"
    assert cli.run(["plan", "sample", "--consignments", "3", "-o", str(request)]) == 0
    assert cli.run(["plan", "solve", str(request), "-o", str(plan)]) == 0
    capsys.readouterr()
    assert cli.run(["plan", "show", str(request)]) == 1
    assert capsys.readouterr().err == (
        f"groupage: {request}: this file is a request, not a plan; `groupage plan solve` makes a "
        "plan of it\n"
    )
    assert cli.run(["plan", "solve", str(plan)]) == 1
    assert capsys.readouterr().err == (
        f"groupage: {plan}: this file is a plan, not a request; `groupage plan show` shows it\n"
    )


def test_a_plan_of_the_same_cost_costs_the_same_as_the_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As itself."""
    request, plan = tmp_path / "request.json", tmp_path / "plan.json"
    assert cli.run(["plan", "sample", "--consignments", "3", "-o", str(request)]) == 0
    assert cli.run(["plan", "solve", str(request), "-o", str(plan)]) == 0
    capsys.readouterr()
    assert cli.run(["plan", "diff", str(plan), str(plan)]) == 0
    assert " costs the same as PLN-" in capsys.readouterr().out
