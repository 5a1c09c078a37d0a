"""One module per sub-command of ``groupage``; the table of them is in ``groupage.app.cli``."""
