"""Read everything that a plan of one lane depends on, and build the instance from it."""
