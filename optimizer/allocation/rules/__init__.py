"""Planning rules: each module holds all of one rule but the verifier's own copy of it."""
