"""For dispatchers: the read-only HTTP API over the store."""
