"""``python -m wcompose``."""

from wcompose.cli import main

if __name__ == "__main__":
    main()
