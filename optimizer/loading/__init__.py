"""Container loading: where each carton stands and in which order it goes in."""
