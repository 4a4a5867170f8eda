"""`./start.sh dbt …`: dbt by hand, with the settings that the transform uses."""

import sys

from elt.settings import Settings
from elt.transforming.dbt_build import directories, invoke

if __name__ == "__main__":
    settings = Settings.from_environment()
    verb, *rest = sys.argv[1:] or ["--help"]
    places = [] if verb.startswith("-") else directories(settings)
    sys.exit(0 if invoke(settings, [verb, *places, *rest]).success else 1)
