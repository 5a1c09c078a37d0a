"""The facts that one record stands for, each with its JSON."""

import msgspec

from groupage.contracts.encoding import encode_data
from groupage.contracts.instants import to_utc
from groupage.contracts.normal_ids import normalize_ids
from groupage.domain.fact import Fact

FactWithJson = tuple[Fact, bytes]


def fan_out(fact: Fact, data_json: bytes, *, older: bool) -> list[FactWithJson]:
    """List the facts that this one stands for, one per aggregate.

    `older`: a version before 0.3.0 may have stored them. It made their keys and event ids of the
    ids of units as the record has them, whatever their form.
    """
    singles = fact.fan_out()
    if len(singles) == 1:
        return [(fact, data_json)]
    if not older:
        return [(single, encode_data(single.data)) for single in singles]
    written = msgspec.json.decode(data_json, type=type(fact.data))
    to_utc(written)
    singles = msgspec.structs.replace(fact, data=written).fan_out()
    with_json = [(single, encode_data(single.data)) for single in singles]
    for single in singles:
        normalize_ids(single.data)
    return with_json
