"""Visits: one truck at one dock."""
