"""Figures of a packing list that prove one another: units and meanings as unknowns.

`interpret.py` tries the meanings that headers and cells allow; `counts.py`, `sizes.py` and
`masses.py` each compare their readings with the list's own sums, volumes and weights; `judging.py`
says when a reading is taken and when somebody is asked.
"""
