"""Routing: trucks fetch cargo from merchants, tractors haul containers to their terminals."""
