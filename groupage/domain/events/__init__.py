"""Event classes, named in the past tense: one module for each kind of aggregate.

`groupage.domain.catalogue` lists them all. docs/extending/add-an-event.md says how to add one.
"""
