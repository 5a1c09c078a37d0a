"""The hub's facts as files in the formats of others."""
