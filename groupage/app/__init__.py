"""What people start: the command line, the demo, benchmarks, the read API, one-machine servers."""
