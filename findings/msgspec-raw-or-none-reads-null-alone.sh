#!/usr/bin/env bash
# msgspec decodes nothing but null into a field of the type `Raw | None`.
#
# Seen on 2026-11-30 with msgspec 0.22.0, Python 3.11.7 on Linux x86-64 (msgspec issue 659, open).
#
# Behaviour: a field declared `msgspec.Raw | None = None` is taken without a warning, by mypy as well,
# and its JSON Schema allows any value. Decoding refuses every value but null. A field of the type
# `Raw` with an empty Raw as its default takes any value, and tells apart whether it was there.
#
# Output seen:
#   Raw | None: {"event": {"id": 1}} Expected `null`, got `object` - at `$.event`
#   Raw | None: {"event": "E1"} Expected `null`, got `str` - at `$.event`
#   Raw: {"event": {"id": 1}} b'{"id": 1}'
#   Raw: {"event": "E1"} b'"E1"'
#   Raw: {} b''
#
# Why a hub cares: Raw defers the reading of parts of foreign documents. A document with the optional
# part is refused, and tests with documents that lack it pass: two readers of this hub refused single
# events for that reason.
#
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import msgspec


class Optional(msgspec.Struct):
    event: msgspec.Raw | None = None


class Empty(msgspec.Struct):
    event: msgspec.Raw = msgspec.Raw()


refused = 0
for text in ('{"event": {"id": 1}}', '{"event": "E1"}'):
    try:
        print("Raw | None:", text, msgspec.json.decode(text, type=Optional).event)
    except msgspec.ValidationError as error:
        refused += 1
        print("Raw | None:", text, error)
for text in ('{"event": {"id": 1}}', '{"event": "E1"}', "{}"):
    print("Raw:", text, bytes(msgspec.json.decode(text, type=Empty).event))
sys.exit(refused != 2)
PYTHON
