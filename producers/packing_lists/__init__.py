"""Packing lists: what a person reads in a sheet, proved by the list's own figures.

A workbook goes through `layout` (where the table is and what its columns may mean), `figures`
(the one interpretation that the redundant figures confirm, or a question) and `booking` (the
consignment's events). `reading` is the whole way from a workbook to a `PackingList`.
"""
