"""Benchmarks of `groupage bench`, with the real processes on real servers."""
