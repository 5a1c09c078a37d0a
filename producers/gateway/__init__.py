"""HTTP ingest of CloudEvents and EPCIS documents. A 202 means that Kafka has the events."""
