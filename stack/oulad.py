"""`./start.sh load oulad DIR`: a downloaded folder of OULAD, sent through the API and awaited in the marts."""

from pathlib import Path

from stack.sample import Client
from stack.sending import Table, print_counts, send_all
from stack.starting import StartFailed

# Names as published, and the dataset each becomes; sent in this order, so that what clicks refer to comes first.
TABLES = {
    "courses": "courses",
    "assessments": "assessments",
    "vle": "vle",
    "studentInfo": "student_info",
    "studentRegistration": "student_registration",
    "studentAssessment": "student_assessment",
    "studentVle": "student_vle",
}
OPTIONAL = "studentVle"  # 430 MB: many copies go without it
WHAT_IS_THERE = {
    "presentations": "select count(*) from marts.dim_course_section where source_system = 'oulad'",
    "students": "select count(*) from marts.dim_student where source_system = 'oulad' and is_current",
    "enrollments": "select count(*) from marts.fct_enrollment where source_system = 'oulad'",
    "assessment results": "select count(*) from marts.fct_assessment_result where source_system = 'oulad'",
    "learning resources": "select count(*) from marts.dim_learning_resource where source_system = 'oulad'",
    "clicks": "select coalesce(sum(click_count), 0) from marts.fct_resource_interaction where source_system = 'oulad'",
}


def load(client: Client, database_url: str, directory: Path) -> None:
    """Send the folder's files, wait for their marts, print what is there. Raises StartFailed, SampleFailed."""
    tables = find(directory)
    send_all(client, tables, "OULAD")
    print_counts(database_url, WHAT_IS_THERE)
    if len(tables) < len(TABLES):
        print(without_clicks(directory))


def find(directory: Path) -> list[Table]:
    """The published files in a folder, packed or not. Raises StartFailed where one is missing."""
    if not directory.is_dir():
        raise StartFailed(f"{directory} is not a folder. Give the one that holds OULAD's seven CSV files.")
    tables, missing = [], []
    for stem, dataset in TABLES.items():
        packed_or_not = (directory / f"{stem}.csv", directory / f"{stem}.csv.gz")
        path = next((path for path in packed_or_not if path.is_file()), None)
        if path:
            tables.append(Table(path, f"oulad/{dataset}"))
        elif stem != OPTIONAL:
            missing.append(f"{stem}.csv")
    if missing:
        raise StartFailed(
            f"{directory} lacks {', '.join(missing)}. OULAD's files are taken under their published names, as .csv or "
            f".csv.gz; only {OPTIONAL} may be missing."
        )
    return tables


def without_clicks(directory: Path) -> str:
    """What to do where the folder lacks the file that may be missing."""
    others = sorted(path.name for path in directory.glob(f"{OPTIONAL}*"))
    advice = "Load it later with the same command."
    if others:
        advice = f"There is {others[0]}: give it one of these names, and use the same command again."
    return f"{OPTIONAL}.csv, or {OPTIONAL}.csv.gz, is not in the folder. {advice}"
