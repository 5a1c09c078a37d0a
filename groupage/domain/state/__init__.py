"""States of aggregates: plain data, derived by `processors` and read by everybody else.

The worker stores them as JSON. They decide nothing; their properties are for readers.
"""
