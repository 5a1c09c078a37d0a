"""Consolidations: a container's worth of consignments on one voyage."""
