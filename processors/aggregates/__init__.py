"""One package per aggregate: its rules, its state derivation, its outputs."""
