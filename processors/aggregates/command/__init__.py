"""Commands, and the events that they become."""
