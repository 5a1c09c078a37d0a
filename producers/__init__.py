"""Ingest: everything that publishes events from outside to Kafka."""
