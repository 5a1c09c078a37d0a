"""States of the owners of facts: plain data, derived by `processors`, read by everybody else.

Each is stored as JSON. Nothing here decides; what readers often need is a property.
"""
