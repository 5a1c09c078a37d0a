"""Import of packing lists in CSV and Excel."""
