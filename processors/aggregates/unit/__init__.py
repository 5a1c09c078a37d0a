"""Units under their own key: not announced yet, or known only from foreign data."""
