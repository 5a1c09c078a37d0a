"""Queries of people and programs: lists with filters, single states, plans, traces."""
