"""EPCIS 2.0 (JSON-LD) → facts. The original event stays whole beside each fact made of it."""
