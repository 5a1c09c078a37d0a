"""The Faust worker: Kafka records in, one PostgreSQL transaction per batch, messages out."""
