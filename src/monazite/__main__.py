"""`python -m monazite` is the command `monazite`."""

import sys

from monazite.cli import main

if __name__ == "__main__":
    sys.exit(main())
