"""The failure of a delivery, which is tried again."""


class DeliveryFailed(Exception):
    """The receiver did not confirm a delivery; the text has no path and no query."""

    def __init__(
        self,
        reason: str,
        *,
        retry_after_s: float | None = None,
        is_too_large: bool = False,
        is_final: bool = False,
    ) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s
        self.is_too_large = is_too_large
        """The receiver asks for a smaller batch."""
        self.is_final = is_final
        """The receiver wants no more."""
