"""Search core of the loading engine: which box stands where, so that most volume is loaded.

Compiled by numba; see `api` for the contract and `search` for the method.
"""
