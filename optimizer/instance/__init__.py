"""Everything a plan of one lane depends on, read from the store in one snapshot."""
