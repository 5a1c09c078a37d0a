"""Floor layouts: cargo of one layer, of which nothing can stand on anything else."""
