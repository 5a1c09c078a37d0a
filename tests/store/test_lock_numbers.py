"""Numbers of the advisory locks."""

from groupage.store import locks


def test_each_lock_has_a_number_of_its_own() -> None:
    """Two locks with one number would keep each other waiting, one of them for ever."""
    numbers = [value for name, value in vars(locks).items() if name.endswith("_LOCK")]
    assert len(numbers) == len(set(numbers)) > 3
