"""Which consignment leaves on which departure in which container, and why some stay behind."""
