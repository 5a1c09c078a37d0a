"""The pure part: what an aggregate is, the fold from events to state, outputs."""
