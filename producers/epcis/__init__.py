"""Import of EPCIS 2.0 documents (JSON-LD): the events as they came, and the facts in them."""
