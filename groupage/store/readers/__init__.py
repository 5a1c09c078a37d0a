"""What people and programs ask of the store: lists with filters, single states, plans, facts."""
