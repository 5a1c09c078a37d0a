"""Packing lists as merchants write them, each with its truth, and the bench that reads them.

The lists are in ``lists/*.toml``, a file per family of forms. `case` holds their structs, `grid`
the notation of their sheets, and `files` writes them in the format that each names.
"""
