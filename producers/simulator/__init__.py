"""A simulated hub day: seeded, deterministic, and sending what real systems would send."""
