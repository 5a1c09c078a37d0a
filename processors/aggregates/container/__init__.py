"""Containers as the hub sees them."""
