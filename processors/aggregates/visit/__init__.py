"""Visits: one truck at one dock, once."""
