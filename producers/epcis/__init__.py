"""Import of EPCIS 2.0 documents (JSON-LD). Each fact keeps the original event beside it."""
