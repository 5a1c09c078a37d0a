"""Lanes: when to plan, and which plan counts."""
