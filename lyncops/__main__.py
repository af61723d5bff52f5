"""`python -m lyncops` is the command `lyncops`."""

import sys

from lyncops.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
