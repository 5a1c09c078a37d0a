"""PostgreSQL: facts in query form, states derived from them, plans, outbox, offsets."""
