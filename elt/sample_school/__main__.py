"""Writes the sample school's files: `python -m elt.sample_school --seed 1 --out DIR [--edition 2]`."""

import argparse
from pathlib import Path

from elt.sample_school.school import first_edition
from elt.sample_school.second_edition import second_edition


def main() -> None:
    """Writes one CSV per dataset into the directory, and prints how many lines each has."""
    parser = argparse.ArgumentParser(prog="python -m elt.sample_school", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another school of the same kind")
    parser.add_argument("--out", type=Path, required=True, help="directory for the files; made if need be")
    parser.add_argument(
        "--edition", type=int, choices=(1, 2), default=1, help="2: students and teachers a term later, some changed"
    )
    options = parser.parse_args()
    tables = first_edition(options.seed) if options.edition == 1 else second_edition(options.seed).tables
    options.out.mkdir(parents=True, exist_ok=True)
    for dataset, table in tables.items():
        path = options.out / f"{dataset.split('/')[1]}.csv"
        table.write(path)
        print(f"{path}: {len(table.lines):,} lines and a header")


if __name__ == "__main__":
    main()
