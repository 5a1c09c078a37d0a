"""Facts as Kafka records and as JSON: CloudEvents 1.0, binary mode written, structured read too.

Binary mode: attributes are headers ``ce_…``, the value is the event's data in JSON. Structured
mode: one JSON object with attributes and ``data``; facts are stored and kept in files that way.
Data fields that we do not know are passed over, so that a sender may be newer than we are.
"""

from groupage.contracts.attributes import Undecodable, UndecodableCode
from groupage.contracts.decoding import decode, fact_from_json
from groupage.contracts.encoding import Record, encode, envelope_json, fact_id
from groupage.contracts.plain import Headers
from groupage.contracts.types import ce_type

__all__ = [
    "Headers",
    "Record",
    "Undecodable",
    "UndecodableCode",
    "ce_type",
    "decode",
    "encode",
    "envelope_json",
    "fact_from_json",
    "fact_id",
]
