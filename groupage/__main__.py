"""``python -m groupage``."""

from groupage.app.cli import main

if __name__ == "__main__":
    main()
