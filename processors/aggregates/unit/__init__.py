"""Units under their own key: not announced (yet), or known from foreign data only."""
