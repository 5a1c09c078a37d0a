"""All errors that groupage raises. A class's docstring is its default message."""


class GroupageError(Exception):
    """groupage could not do this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidInput(GroupageError):
    """The input breaks the contract. Read the field errors, correct the input and send it again."""


class Unavailable(GroupageError):
    """A server that groupage needs did not answer in time.

    Check `groupage doctor`, then try again.
    """


class Misconfigured(GroupageError):
    """A setting is missing or wrong. Read the message, correct the setting and start again."""


class NotFound(GroupageError):
    """Nothing is stored under that id. Check the id, or list what there is."""


class Conflict(GroupageError):
    """Somebody else changed or holds what you wanted to change. Look again, then decide."""
