"""Families: what brothers and sisters share. The unit at which income, engagement and living arrangement are drawn."""

from dataclasses import dataclass
from datetime import date
from random import Random

from elt.sample_school import curriculum, people

# (children at the school, families); the first 200 have a parent on file, the last four (12 children) have none.
_SIZES = ((1, 20), (2, 52), (3, 64), (4, 48), (5, 16))
_SIZES_WITHOUT_PARENT = ((3, 4),)
_FAMILIES_WITH_TWO_PARENTS = 40


@dataclass(frozen=True)
class Family:
    """One family, with the grade levels its children are in now."""

    surname: str
    home: people.Home
    financial_status: str
    engagement: str
    living_arrangement: str
    birthday_of_year: int  # siblings are born about whole years apart
    child_levels: tuple[int, ...]  # positions in GRADE_LEVELS
    parents_on_file: int


def make_families(rng: Random) -> list[Family]:
    """All families: 600 children, 240 parents on file."""
    sizes = [size for size, count in _SIZES for _ in range(count)]
    rng.shuffle(sizes)
    with_parents = len(sizes)
    sizes += [size for size, count in _SIZES_WITHOUT_PARENT for _ in range(count)]
    levels = _spread_over_levels(rng, sizes)
    arrangements = people.quota(rng, (("Both Parents", 65), ("Single Parent", 20), ("Guardian", 15)), len(sizes))
    finances = people.quota(rng, (("Low", 30), ("Middle", 45), ("High", 25)), len(sizes))
    engagements = people.quota(rng, (("Low", 30), ("Medium", 40), ("High", 30)), len(sizes))
    couples = [i for i in range(with_parents) if arrangements[i] == "Both Parents"][:_FAMILIES_WITH_TWO_PARENTS]
    families = []
    for i, child_levels in enumerate(levels):
        has_parents = i < with_parents
        home = people.home(rng)
        families.append(
            Family(
                surname=people.surname(rng, home.state),
                home=home,
                financial_status=finances[i] if has_parents else "Middle",
                engagement=engagements[i] if has_parents else "Medium",
                living_arrangement=arrangements[i],
                birthday_of_year=rng.randint(35, 330),
                child_levels=child_levels,
                parents_on_file=(2 if i in couples else 1) if has_parents else 0,
            )
        )
    return families


def _spread_over_levels(rng: Random, sizes: list[int]) -> list[tuple[int, ...]]:
    """Grade levels for the children of each family: all different within it, and every grade level exactly full."""
    left = list(curriculum.STUDENTS_PER_GRADE_LEVEL)
    levels: list[tuple[int, ...]] = [()] * len(sizes)
    for family in sorted(range(len(sizes)), key=lambda i: -sizes[i]):
        open_levels = [level for level, places in enumerate(left) if places]
        open_levels.sort(key=lambda level: -left[level] - rng.uniform(0, 20))
        levels[family] = tuple(sorted(open_levels[: sizes[family]]))
        for level in levels[family]:
            left[level] -= 1
    return levels


def parent_rows(rng: Random, families: list[Family], children: list[list[str]]) -> list[dict[str, str]]:
    """One row per parent and child; `children` holds the Student IDs of each family, in its order."""
    rows = []
    number = 0
    for family, student_ids in zip(families, children, strict=True):
        first_gender = rng.choice(("Female", "Male"))
        second_gender = "Male" if first_gender == "Female" else "Female"
        for gender in (first_gender, second_gender)[: family.parents_on_file]:
            number += 1
            person = _parent(rng, family, gender, number)
            rows += [{**person, "Student ID": student_id} for student_id in student_ids]
    return rows


def _parent(rng: Random, family: Family, gender: str, number: int) -> dict[str, str]:
    """The row of one parent, its child still open."""
    is_guardian = family.living_arrangement == "Guardian"
    last_name = people.surname(rng, family.home.state) if is_guardian else family.surname
    first_name = people.given_name(rng, family.home.state, gender)
    date_of_birth: date = people.born(rng, 36, 60)
    titles = ("Mrs", "Mrs", "Dr", "Chief") if gender == "Female" else ("Mr", "Mr", "Dr", "Chief")
    return {
        "Parent ID": f"LHP-{number:03d}",
        "LASRRA ID": people.lasrra_id(rng),
        "Student ID": "",
        "First Name": first_name,
        "Last Name": last_name,
        "Gender": gender,
        "State of Origin": family.home.state,
        "Title": rng.choice(titles),
        "Age": str(people.age(date_of_birth)),
        "Date of Birth": date_of_birth.isoformat(),
        "Email": people.email(first_name, last_name, number, "parents"),
        "Phone Number": people.phone(rng),
        "Home Address": family.home.address,
        "Occupation": rng.choice(people.OCCUPATIONS),
        "Financial Status": family.financial_status,
        "Education Level": rng.choice(("Primary", "Secondary", "Tertiary", "Postgraduate")),
        "Engagement in School Activities": family.engagement,
        "LGA of residence": family.home.lga,
    }
