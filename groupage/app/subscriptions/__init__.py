"""Subscriptions of EPCIS queries: where, when and how the read API delivers events."""
