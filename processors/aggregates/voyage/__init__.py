"""Voyages: sailings and trains, the space booked on them, their legs."""
