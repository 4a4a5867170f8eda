"""What docker-compose.yaml tells a container, beyond the settings of elt/settings.py."""

import os

from elt.settings import MissingSetting


def required(name: str) -> str:
    """The value of a variable. Raises MissingSetting with its name."""
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"{name} is not set. docker-compose.yaml takes it from .env; see docs/containers.md.")
    return value
