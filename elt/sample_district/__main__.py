"""Writes the sample district's files: `python -m elt.sample_district --seed 1 --out DIR`."""

import argparse
from pathlib import Path

from elt.sample_district.district import make_district


def main() -> None:
    """Writes one CSV per dataset into the directory, and prints how many lines each has."""
    parser = argparse.ArgumentParser(prog="python -m elt.sample_district", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed gives another district of the same kind")
    parser.add_argument("--out", type=Path, required=True, help="directory for the files; made if need be")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for dataset, table in make_district(options.seed).items():
        path = options.out / f"{dataset.split('/')[1]}.csv"
        table.write(path)
        print(f"{path}: {len(table.lines):,} lines and a header")


if __name__ == "__main__":
    main()
