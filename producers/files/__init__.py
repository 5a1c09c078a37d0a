"""Files that people send: packing lists in CSV and Excel."""
