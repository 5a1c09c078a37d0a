"""DCSA Track & Trace: events of carriers in, events of the hub out."""
