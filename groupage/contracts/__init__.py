"""How facts travel: topics, the CloudEvents codec, and the documents a foreign client reads."""
