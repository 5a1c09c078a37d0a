"""Import of EPCIS documents (JSON-LD; XML): the events as they came, and the facts in them."""
