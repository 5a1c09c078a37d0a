"""Compare our event hashes with those of GS1's reference implementation, document by document.

    python -m tests.producers.epcis_reference CHECKOUT [FOLDER ...]

CHECKOUT is one of github.com/RalphTro/epcis-event-hash-generator; no released package has the rules
of its development version (commit cf6d2f0d). This program installs it into a temporary environment
(which needs the network), and compares

- the events of `epcis_hash_vectors`: status 1 if one has another digest;
- the vectors beside its tests, in ``tests/examples``: documents with a file ``.hashes`` of the same
  name in ``expected/CBV2.0``;
- the documents of openepcis-test-resources 0.9.2 (EPCIS 1.2 and 2.0, XML and JSON), fetched from
  Maven Central, and those in the folders.

The reference reads each document in a process of its own, because it remembers prefixes. The report
says how many events have the same hash, and where the others differ first.
"""

import json
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from groupage.domain.errors import InvalidInput
from producers.epcis.documents import read_document
from producers.epcis.event_hash import pre_hash
from tests.producers.epcis_hash_vectors import CONTEXT, DIGESTS, EVENTS

DOCUMENTS = ("io.openepcis", "openepcis-test-resources", "0.9.2")
_SHOWN = 60
_DOCUMENTS = (".xml", ".json", ".jsonld")
_DIGEST = re.compile("[0-9a-f]{64}")
_PROGRAM = """
import hashlib, json, logging, sys
logging.disable(logging.CRITICAL)
from epcis_event_hash_generator import events_from_file_reader, hash_generator
path = sys.argv[1]
kind = "XML" if path.endswith(".xml") else "JSON"
events = events_from_file_reader.event_list_from_file(path, kind)
print(json.dumps(hash_generator.derive_prehashes_from_events(events, "")))
"""


def _report(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _fetch_documents(folder: Path) -> Iterator[Path]:
    from jgo.maven import MavenContext  # noqa: PLC0415 - brings a web client

    group, artifact, version = DOCUMENTS
    context = MavenContext(repo_cache=folder / "maven", local_repos=[])
    jar = context.project(group, artifact).at_version(version).artifact().resolve()
    with zipfile.ZipFile(jar) as archive:
        archive.extractall(folder / "documents")
    yield from sorted((folder / "documents").rglob("Documents/*"))


def _install(checkout: Path, folder: Path) -> Path:
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", checkout], check=True)
    return python


def _of_reference(python: Path, document: Path) -> list[str]:
    found = subprocess.run(
        [python, "-c", _PROGRAM, str(document)], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise InvalidInput(found.stderr.strip().rpartition("\n")[2][:200] or "no answer")
    texts: list[str] = json.loads(found.stdout)
    return texts


def prehashes_of(document: Path) -> list[str]:
    """Return the texts that we hash, by event."""
    read = read_document(document.read_bytes())
    texts = []
    for raw in read.events:
        event: dict[str, Any] = msgspec.json.decode(raw)
        names = read.namespaces.with_context(event.get("@context"))
        texts.append(pre_hash(event, names))
    return texts


def _difference(ours: str, reference: str) -> str:
    at = next(
        (n for n, pair in enumerate(zip(ours, reference, strict=False)) if pair[0] != pair[1]),
        min(len(ours), len(reference)),
    )
    begin = max(0, at - _SHOWN // 2)
    return f"{ours[begin : at + _SHOWN]!r}\n    reference {reference[begin : at + _SHOWN]!r}"


def _write_vectors(folder: Path) -> Iterator[tuple[str, Path]]:
    for number, (name, event) in enumerate(EVENTS.items()):
        path = folder / f"vector-{number}.json"
        path.write_text(
            json.dumps(
                {
                    "@context": CONTEXT,
                    "type": "EPCISDocument",
                    "schemaVersion": "2.0",
                    "creationDate": "2026-03-01T08:00:00Z",
                    "epcisBody": {"eventList": [event]},
                }
            ),
            encoding="utf-8",
        )
        yield name, path


def find_vectors(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Return the documents of the reference's vectors with the SHA-256 of their events, in hex."""
    for document in sorted((folder / "documents").glob("*.*")):
        hashes = folder / "expected" / "CBV2.0" / f"{document.stem}.hashes"
        if document.suffix in _DOCUMENTS and hashes.exists():
            yield document, _DIGEST.findall(hashes.read_text(encoding="utf-8"))


def compare_vectors(folder: Path) -> tuple[int, int]:
    """Print the events that have another hash than the vectors; return how many agree, of all."""
    same = total = 0
    for document, digests in find_vectors(folder):
        total += len(digests)
        # The order of a file's hashes is that of its events.
        for number, (text, digest) in enumerate(zip(prehashes_of(document), digests, strict=True)):
            if sha256(text.encode()).hexdigest() == digest:
                same += 1
            else:
                _report(f"{document.name}[{number}]: ours {text}")
    return same, total


def main() -> int:
    """Print the comparison."""
    checkout, *others = (Path(each) for each in sys.argv[1:])
    same, total = compare_vectors(checkout / "tests" / "examples")
    _report(f"{same} of {total} events of the vectors have the same hash")
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(4) as pool:
        folder = Path(name)
        python = _install(checkout, folder)
        wrong = 0
        for vector, path in _write_vectors(folder):
            (text,) = _of_reference(python, path)
            if sha256(text.encode()).hexdigest() != DIGESTS[vector]:
                wrong += 1
                _report(f"the digest of {vector!r} is another one")
        documents = [*_fetch_documents(folder)]
        documents += [
            path for each in others for path in sorted(each.rglob("*")) if path.suffix in _DOCUMENTS
        ]
        same = other = unread = 0
        pending = [(each, pool.submit(_of_reference, python, each)) for each in documents]
        for document, future in pending:
            try:
                pairs = list(zip(prehashes_of(document), future.result(), strict=True))
            except (InvalidInput, ValueError) as error:
                unread += 1
                _report(f"{document.name}: not compared: {error}")
                continue
            for number, (ours, reference) in enumerate(pairs):
                same += ours == reference
                other += ours != reference
                if ours != reference:
                    _report(f"{document.name}[{number}]: ours {_difference(ours, reference)}")
    _report(
        f"{len(EVENTS) - wrong} of {len(EVENTS)} own events; {len(documents)} documents, "
        f"{unread} not compared; {same} events with the same hash, {other} with another one"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
