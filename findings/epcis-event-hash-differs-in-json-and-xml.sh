#!/usr/bin/env bash
# The reference implementation of GS1's event hash gives one event two hashes: as JSON and as XML.
#
# Seen on 2026-11-30 with epcis-event-hash-generator 1.9.3, Python 3.11.7 on Linux x86-64.
#
# Behaviour: the hash of CBV 2.0 is to be the same for an event in JSON and in XML. The generator writes
# a JSON boolean as Python does (`True`), an XML one as it stands (`true`), and expands gs1: in XML
# values, but in JSON only where the document itself binds the prefix, which GS1's own context does
# for it. It also reads any text that looks like a number through a double: two long serial numbers in
# an extension become one.
#
# Output seen:
#   epcis-event-hash-generator 1.9.3
#   booleanValue: JSON booleanValue=True, XML booleanValue=true
#   exception: JSON exception=gs1:ALARM_CONDITION, XML exception=https://gs1.org/voc/ALARM_CONDITION
#   12345678901234567890 and 12345678901234567891 are both 12345678901234567168
#
# Why a hub cares: it identifies events without an eventID by this hash. A partner who sends an event in
# both forms, or asks in JSON for what it sent in XML, finds two events; two serial numbers may be one.
#
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check epcis-event-hash-generator==1.9.3
cat >"$folder/event.json" <<'JSON'
{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ex.example/"}],
 "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-01T08:00:00Z",
 "epcisBody": {"eventList": [
   {"type": "ObjectEvent", "eventTime": "2026-03-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
    "epcList": ["urn:epc:id:sscc:0614141.1234567890"], "ex:serial": "12345678901234567890",
    "sensorElementList": [{"sensorReport": [{"exception": "gs1:ALARM_CONDITION", "booleanValue": true}]}]},
   {"type": "ObjectEvent", "eventTime": "2026-03-01T00:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
    "epcList": [], "ex:serial": "12345678901234567891"}]}}
JSON
cat >"$folder/event.xml" <<'XML'
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://ex.example/" schemaVersion="2.0"
    creationDate="2026-03-01T08:00:00Z"><EPCISBody><EventList><ObjectEvent>
  <eventTime>2026-03-01T00:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>
  <epcList><epc>urn:epc:id:sscc:0614141.1234567890</epc></epcList><action>OBSERVE</action>
  <sensorElementList><sensorElement><sensorReport exception="gs1:ALARM_CONDITION" booleanValue="true"/>
  </sensorElement></sensorElementList><ex:serial>12345678901234567890</ex:serial>
</ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>
XML
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import logging
import re
import sys
from importlib.metadata import version

from epcis_event_hash_generator import events_from_file_reader, hash_generator

logging.disable(logging.CRITICAL)


def texts_of(name: str) -> list[str]:
    events = events_from_file_reader.event_list_from_file(f"{sys.argv[1]}/{name}")
    return hash_generator.derive_prehashes_from_events(events, "\n")


(first, second), (in_xml,) = texts_of("event.json"), texts_of("event.xml")
print("epcis-event-hash-generator", version("epcis-event-hash-generator"))
differ = []
for name in ("booleanValue", "exception"):
    as_json, as_xml = [re.search(rf"{name}=[^\n]*", text)[0] for text in (first, in_xml)]
    differ.append(as_json != as_xml)
    print(f"{name}: JSON {as_json}, XML {as_xml}")
serials = {re.search(r"serial=(\d+)", text)[1] for text in (first, second)}
print("12345678901234567890 and 12345678901234567891 are both", *serials)
sys.exit(not (all(differ) and len(serials) == 1))
PYTHON
