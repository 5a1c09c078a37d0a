"""EPCIS events that the hub makes of its own facts, beside those that others captured."""
