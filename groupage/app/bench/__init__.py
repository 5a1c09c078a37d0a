"""Measurements: `groupage bench`. They run the real processes on real servers."""
