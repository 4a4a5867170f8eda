"""Ends with a word where no stack was ever started here, before anything is installed for it.

Needs nothing but the standard library; start.sh runs it before each verb that needs a stack.
"""

import sys

from stack.home import Home
from stack.ports import FILE
from stack.verbs import NOT_RUNNING

if __name__ == "__main__" and not (Home.from_environment().path / FILE).exists():
    print("Laurel was never started here. `./start.sh` starts it.", file=sys.stderr)
    sys.exit(NOT_RUNNING)
