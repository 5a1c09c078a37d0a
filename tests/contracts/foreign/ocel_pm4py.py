"""Read the logs in a folder with pm4py: each has all events, objects and relations."""

import json
import sys
from pathlib import Path

import pm4py
from pm4py.objects.ocel.validation import ocel20_rel_validation

folder = Path(sys.argv[1])
written = json.loads((folder / "log.json").read_bytes())
events = {event["id"] for event in written["events"]}
objects = {each["id"] for each in written["objects"]}
related = sum(len(event["relationships"]) for event in written["events"])
between = sum(len(each["relationships"]) for each in written["objects"])
for format_, read in (
    ("json", pm4py.read_ocel2_json),
    ("xml", pm4py.read_ocel2_xml),
    ("sqlite", pm4py.read_ocel2_sqlite),
):
    log = read(str(folder / f"log.{format_}"))
    found = (
        set(log.events["ocel:eid"]),
        set(log.objects["ocel:oid"]),
        len(log.relations),
        len(log.o2o),
    )
    if found != (events, objects, related, between):
        sys.exit(f"{format_}: pm4py reads another log than was written")
_, unsatisfied = ocel20_rel_validation.apply(str(folder / "log.sqlite"))
if unsatisfied:
    sys.exit(f"sqlite: pm4py's validation finds {unsatisfied}")
