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
