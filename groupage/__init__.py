"""groupage: the event-driven coordinator of a hub that consolidates freight of many shippers."""

__version__ = "0.2.0"
