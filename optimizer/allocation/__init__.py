"""Decide which consignment leaves on which departure in which container, and explain the rest."""
