"""Files that no import can use."""

from pathlib import Path

import pytest

from groupage.app import cli


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("epcis", b'{"type":\n "EPCISDocument",,', "{}: no EPCIS document in JSON: "),
        ("epcis", b'{"type": "EPCISDocument", "epcisBody": {"eventList": []}}', "{}: schemaV"),
        ("epcis", b"", "{} is empty"),
        ("packing-list", b"", "{} is empty"),
        ("ocel", b"", "{}: the first line is ''"),
        ("ocel", b"id,type,time,Container\n1,\xff\n", "{}: line 2 is no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named(
    kind: str, content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 1, the path as it was typed, and what is wrong with the file."""
    file = tmp_path / "file"
    file.write_bytes(content)
    assert cli.run(["import", kind, str(file), "--dry-run"]) == 1
    assert capsys.readouterr().err.startswith(f"groupage: {said.format(file)}")
