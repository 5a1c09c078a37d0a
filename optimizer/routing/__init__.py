"""Routing: trucks that fetch cargo, tractors that bring containers to their terminals."""
