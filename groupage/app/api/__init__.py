"""The read API: read-only HTTP over the store, for dispatchers and their programs."""
