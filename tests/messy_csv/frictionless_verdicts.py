"""What `frictionless validate` says of files. A program of its own, since the library warns of its own doings.

Reads {path: schema or null} as JSON from standard input; writes {path: {error type: count}}.
"""

import json
import sys
from collections import Counter

from frictionless import Resource, Schema, system


def verdict(path: str, schema: dict[str, object] | None) -> dict[str, int]:
    """How many errors of each type the file has; none: it is valid."""
    resource = Resource(path=path, schema=Schema.from_descriptor(schema) if schema else None)
    return Counter(type for (type,) in resource.validate(limit_errors=100_000).flatten(["type"]))


def main() -> None:
    """Each file alone: what one does to the library is its own verdict."""
    verdicts = {}
    with system.use_context(trusted=True):
        for path, schema in json.load(sys.stdin).items():
            try:
                verdicts[path] = verdict(path, schema)
            except Exception as error:
                verdicts[path] = {f"crash ({type(error).__name__})": 1}
    json.dump(verdicts, sys.stdout)


if __name__ == "__main__":
    main()
