"""All boxes into as few containers of one kind as possible: loadings that fit, and set covering."""
