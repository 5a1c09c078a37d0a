"""Connections to PostgreSQL: what a process says when the server goes away."""

import pytest

from groupage.domain.errors import Unavailable
from groupage.store.pool import unavailable_in_words


def test_a_server_that_goes_away_during_a_start_is_named() -> None:
    """The process ends with a sentence, not with a traceback, and is started again."""
    with pytest.raises(Unavailable, match="PostgreSQL does not answer"), unavailable_in_words():
        raise ConnectionRefusedError(111, "Connection refused")


def test_a_bug_stays_a_bug() -> None:
    """Only outages are put into words."""
    with pytest.raises(KeyError), unavailable_in_words():
        raise KeyError("name")
