"""Processes beside the worker: clock, rebuild, replay of dead letters."""
