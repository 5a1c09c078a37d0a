"""Facts that happened (past tense), one module for each owner of state.

`groupage.domain.catalogue` lists them all.
"""
