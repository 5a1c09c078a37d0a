"""The ways in: everything that puts facts onto Kafka."""
