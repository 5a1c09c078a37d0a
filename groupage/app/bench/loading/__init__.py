"""`groupage bench loading`: fill containers with the cargo of the literature.

`literature` reads files, `generator` and `cargo` make instances, `engine` and `peers` load them,
`verifier` checks every load plan, and `run` puts the figures side by side.
"""
