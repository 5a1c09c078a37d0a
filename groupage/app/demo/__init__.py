"""The demonstration: a hub on this machine, a simulated day, a view of it, and the day's checks."""
