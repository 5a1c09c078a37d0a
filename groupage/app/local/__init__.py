"""A real Kafka and a real PostgreSQL on one machine, as child processes."""
