"""Which consignment leaves on which departure in which container, what that costs, and why some stay behind."""
