"""The demo: play a simulated day on a hub of this machine, show it, and check it."""
