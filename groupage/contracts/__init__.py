"""The contract with other systems: topics, CloudEvents records, schemas, AsyncAPI.

Facts travel as CloudEvents 1.0. Binary mode: attributes are Kafka headers ``ce_…``, the value is
the event's data in JSON; `encoding` writes it. Structured mode: one JSON object with attributes and
``data``, for files and HTTP; `decoding` reads both. Readers ignore data fields that they do not
know, so a sender may be newer than the hub.
"""
