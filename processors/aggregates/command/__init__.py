"""Commands: handed to whom they concern."""
