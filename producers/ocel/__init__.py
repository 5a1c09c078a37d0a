"""Import of object-centric event logs (OCEL 2.0 container logistics, CSV)."""
