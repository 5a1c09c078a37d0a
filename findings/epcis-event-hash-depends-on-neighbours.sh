#!/usr/bin/env bash
# The reference implementation of GS1's event hash: an event's hash depends on the other events of its document.
#
# Seen on 2026-11-30 with epcis-event-hash-generator 1.9.3, Python 3.11.7 on Linux x86-64.
#
# Behaviour: words in bare form ("receiving") are to be hashed as web URIs (rule 16). The generator collects
# the URIs that the words of the whole document expand to, and replaces each text of the document that equals the
# end of one of them, also in extensions: with a sensor report of component "z" anywhere in the document,
# an extension's value "z" in another event becomes "https://ref.gs1.org/cbv/Comp-z".
#
# Output seen:
#   epcis-event-hash-generator 1.9.3
#   alone: zone=z; beside a report of component z: zone=https://ref.gs1.org/cbv/Comp-z
#
# Why a hub cares: it identifies events without an eventID by this hash. The same event, sent again alone or in
# another batch, is another event to a partner who uses the generator: duplicates are not recognised, and an error
# declaration does not find what it corrects. Expand a word in the field of its vocabulary only.
#
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check epcis-event-hash-generator==1.9.3
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import logging
import re
import sys
from importlib.metadata import version
from pathlib import Path

from epcis_event_hash_generator import events_from_file_reader, hash_generator

logging.disable(logging.CRITICAL)
BASE = {
    "type": "ObjectEvent",
    "eventTime": "2026-03-01T00:00:00Z",
    "eventTimeZoneOffset": "+00:00",
    "action": "OBSERVE",
    "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
}
EVENT = BASE | {"ex:zone": "z"}
OTHER = BASE | {"sensorElementList": [{"sensorReport": [{"type": "Speed", "component": "z"}]}]}


def zone_in(*events: dict[str, object]) -> str:
    """Return the first event's zone as it is hashed."""
    context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    document = {
        "@context": [context, {"ex": "https://ex.example/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T08:00:00Z",
        "epcisBody": {"eventList": events},
    }
    path = Path(sys.argv[1], "document.json")
    path.write_text(json.dumps(document))
    read = events_from_file_reader.event_list_from_file(str(path))
    text = hash_generator.derive_prehashes_from_events(read, "\n")[0]
    return re.search(r"zone=[^\n]*", text)[0]


alone, beside = zone_in(EVENT), zone_in(EVENT, OTHER)
print("epcis-event-hash-generator", version("epcis-event-hash-generator"))
print(f"alone: {alone}; beside a report of component z: {beside}")
sys.exit(alone == beside)
PYTHON
