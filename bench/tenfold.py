"""OULAD's files ten times over, each time with other students: for `./start.sh load oulad`, before `bench.answers`."""

import argparse
import csv
import gzip
import io
import shutil
from pathlib import Path

OF_STUDENTS = ("studentInfo", "studentRegistration", "studentAssessment", "studentVle")
OFFSET = 10_000_000  # above every number in the files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oulad", type=Path, help="folder of OULAD's files; studentVle may be a .gz with a longer name")
    parser.add_argument("into", type=Path)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    for path in sorted(options.oulad.glob("*.csv*")):
        name = path.name.partition(".")[0]
        into = options.into / f"{name}.csv"
        if name in OF_STUDENTS:
            into.write_bytes(repeated(path, options.times))
        else:
            shutil.copyfile(path, into)


def repeated(path: Path, times: int) -> bytes:
    """The file's lines, `times` over, the number of the student moved on each time."""
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    at = header.index("id_student")
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    for number in range(times):
        for row in rows:
            row[at] = str(int(row[at]) + (OFFSET if number else 0))
            writer.writerow(row)
    return text.getvalue().encode()


if __name__ == "__main__":
    main()
