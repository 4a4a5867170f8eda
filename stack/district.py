"""`./start.sh load district`: the sample district, or a folder of a district's own files, sent through the API."""

from pathlib import Path

from elt.sample_district.district import DATASETS, make_district
from stack.home import Home
from stack.sample import Client
from stack.sending import Table, print_counts, send_all
from stack.starting import StartFailed

SEED = 1
WHAT_IS_THERE = {
    "schools": "select count(*) from marts.dim_school where source_system = 'district' and is_current",
    "students": "select count(*) from marts.dim_student where source_system = 'district' and is_current",
    "teachers": "select count(*) from marts.dim_teacher where source_system = 'district' and is_current",
    "course sections": "select count(*) from marts.dim_course_section where source_system = 'district'",
    "grades": "select count(*) from marts.fct_grade where source_system = 'district'",
    "homeworks": "select count(*) from marts.fct_homework where source_system = 'district'",
    "course-load changes": "select count(*) from marts.fct_course_load_change where source_system = 'district'",
    "contents opened": "select coalesce(sum(click_count), 0) from marts.fct_resource_interaction "
    "where source_system = 'district'",
}


def load(client: Client, database_url: str, directory: Path) -> None:
    """Send the folder's files, wait for their marts, print what is there. Raises StartFailed, SampleFailed."""
    send_all(client, find(directory), "the district")
    print_counts(database_url, WHAT_IS_THERE)


def generate(home: Home) -> Path:
    """Write the sample district's files; returns their directory."""
    directory = home.path / "sample-district"
    directory.mkdir(exist_ok=True)
    for dataset, table in make_district(SEED).items():
        table.write(directory / f"{dataset.split('/')[1]}.csv")
    return directory


def find(directory: Path) -> list[Table]:
    """The district's files in a folder, all of them. Raises StartFailed where one is missing."""
    if missing := [f"{name}.csv" for name in DATASETS if not (directory / f"{name}.csv").is_file()]:
        raise StartFailed(
            f"{directory} lacks {', '.join(missing)}. A district is loaded from one folder with {len(DATASETS)} files: "
            f"{', '.join(DATASETS)}, each as .csv; a single one goes through the API, as any other file."
        )
    return [Table(directory / f"{name}.csv", f"district/{name}") for name in DATASETS]
