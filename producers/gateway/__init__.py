"""The HTTP way in: CloudEvents one by one or in batches, EPCIS. An answer means Kafka has it."""
