"""PostgreSQL: the fact log in query form, the states derived from it, plans, the outbox and the intake's offsets."""
