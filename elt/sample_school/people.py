"""Made-up Nigerian people: names, states, Lagos LGAs, addresses, numbers. None of them exists."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, TypeVar

from elt.sample_school.curriculum import REGISTER_DATE

# Zone, then its states. Names follow the zone, so that they sound plausible together.
STATES: Final = {
    "South West": ("Lagos", "Ogun", "Oyo", "Osun", "Ondo", "Ekiti"),
    "South East": ("Anambra", "Enugu", "Imo", "Abia", "Ebonyi"),
    "South South": ("Delta", "Edo", "Rivers", "Akwa Ibom"),
    "North Central": ("Kwara", "Kogi", "Benue"),
    "North West": ("Kano", "Kaduna"),
    "North East": ("Borno", "Bauchi"),
}
ZONE_OF_STATE: Final = {state: zone for zone, states in STATES.items() for state in states}
# Lagos is where the school is: near states come up more often than far ones.
_ZONE_WEIGHTS: Final = (50, 20, 12, 8, 6, 4)

LGAS: Final = (
    "Agege",
    "Alimosho",
    "Eti-Osa",
    "Ifako-Ijaiye",
    "Ikeja",
    "Ikorodu",
    "Kosofe",
    "Mushin",
    "Ojo",
    "Oshodi-Isolo",
    "Shomolu",
    "Surulere",
)
_STREETS: Final = ("Mango", "Palm Grove", "Harmony", "Unity", "Cashew", "Lagoon View", "Hibiscus", "Peace", "Iroko")
_STREET_KINDS: Final = ("Street", "Close", "Crescent", "Avenue", "Road")
OCCUPATIONS: Final = (
    "Trader",
    "Civil Servant",
    "Engineer",
    "Nurse",
    "Driver",
    "Tailor",
    "Banker",
    "Farmer",
    "Teacher",
    "Artisan",
)
ACTIVITIES: Final = ("Football", "Debate", "Drama", "Press Club", "Athletics", "Choir", "Chess", "Young Farmers")

_YORUBA: Final = {
    "Female": "Adéọlá Bọ́lánlé Fọlákẹ́ Ṣadé Yétúndé Títílayọ̀ Abímbọ́lá Mojísọlá Ronke Damilola Simisola Temitope",
    "Male": "Babátúndé Adébáyọ̀ Olúṣẹ́gun Fẹ́mi Kúnlé Ṣẹ́gun Ayọ̀délé Gbenga Tobi Oluwaseun Dapo Wale",
    "Surname": "Adéyẹmí Ọládipúpọ̀ Ògúnlàde Akínwándé Fáṣọlá Balógun Ajayi Oyelade Shonibare Adekunle Bankole Olatunji",
}
_IGBO: Final = {
    "Female": "Adaeze Ngozi Chiamaka Ifeoma Nkechi Uchenna Amarachi Chidinma Obiageli Ebele Ogechi Kosisochukwu",
    "Male": "Chukwuemeka Obinna Ikenna Chidi Nnamdi Uche Kelechi Emeka Ifeanyi Chinedu Arinze Somtochukwu",
    "Surname": "Okonkwo Nwosu Eze Okafor Umeh Nwachukwu Onyekachi Obi Anyanwu Ekwueme Chukwu Mbah",
}
_SOUTH: Final = {
    "Female": "Ese Omotola Ivie Idara Oghenekevwe Tonye Itohan Blessing Ebiere Nsikan",
    "Male": "Efe Osagie Tamuno Ubong Oghenero Ekong Ebikeme Aniekan Eghosa Preye",
    "Surname": "Omoregie Etim Briggs Ighalo Akpan Oghene Wokoma D'Almeida Bassey Osaze",
}
_NORTH: Final = {
    "Female": "Aisha Hauwa Zainab Fatima Halima Maryam Rukayya Nafisa Amina Safiya",
    "Male": "Ibrahim Musa Abubakar Yusuf Sani Umar Aliyu Kabiru Nasiru Bashir",
    "Surname": "Bello Abdullahi Danladi Garba Lawal Mohammed Usman Yakubu Shehu Tanko",
}
_NAMES: Final = {
    "South West": _YORUBA,
    "South East": _IGBO,
    "South South": _SOUTH,
    "North Central": _NORTH,
    "North West": _NORTH,
    "North East": _NORTH,
}


T = TypeVar("T")


@dataclass(frozen=True)
class Home:
    """Where a person comes from and lives."""

    state: str
    lga: str
    address: str


def stream_of(seed: int, purpose: str) -> Random:
    """A random stream of its own for each purpose, so that a change to one entity leaves the others as they were."""
    return Random(f"laurel/{seed}/{purpose}")  # noqa: S311 - made-up data must repeat, not be secret


def quota(rng: Random, counts: Sequence[tuple[T, int]], size: int) -> list[T]:
    """`size` values in random order, in the proportions of `counts` as exactly as whole numbers allow."""
    total = sum(count for _, count in counts)
    values: list[T] = []
    reached = 0
    for value, count in counts:
        reached += count
        values += [value] * (round(size * reached / total) - len(values))
    rng.shuffle(values)
    return values


def home(rng: Random) -> Home:
    """A state of origin, and a home in Lagos."""
    zone = rng.choices(tuple(STATES), _ZONE_WEIGHTS)[0]
    state = rng.choice(STATES[zone])
    lga = rng.choice(LGAS)
    return Home(state, lga, address(rng, lga))


def address(rng: Random, lga: str) -> str:
    """A street address in the LGA."""
    return f"{rng.randint(1, 99)} {rng.choice(_STREETS)} {rng.choice(_STREET_KINDS)}, {lga}"


def surname(rng: Random, state: str) -> str:
    """A family name that is at home in the state."""
    return rng.choice(_NAMES[ZONE_OF_STATE[state]]["Surname"].split())


def given_name(rng: Random, state: str, gender: str) -> str:
    """A given name that is at home in the state."""
    return rng.choice(_NAMES[ZONE_OF_STATE[state]][gender].split())


def email(first_name: str, last_name: str, number: int, domain: str) -> str:
    """A unique address under the reserved `.example` domain."""
    folded = unicodedata.normalize("NFKD", f"{first_name}.{last_name}").encode("ascii", "ignore").decode()
    return f"{folded.lower().replace(chr(39), '')}{number}@{domain}.example"


def phone(rng: Random) -> str:
    """A number in the toll-free 0800 range, which belongs to no person."""
    return f"0800{rng.randrange(10**7):07d}"


def lasrra_id(rng: Random) -> str:
    """19 or 20 digits; leading zeros occur."""
    digits = rng.choice((19, 20))
    return f"{rng.randrange(10**digits):0{digits}d}"


def born(rng: Random, youngest: int, oldest: int) -> date:
    """A date of birth that gives an age in whole years from `youngest` to `oldest` on the register's day."""
    last = REGISTER_DATE.replace(year=REGISTER_DATE.year - youngest)
    first = REGISTER_DATE.replace(year=REGISTER_DATE.year - oldest - 1) + timedelta(days=1)
    return first + timedelta(days=rng.randint(0, (last - first).days))


def age(date_of_birth: date) -> int:
    """Age in whole years on the register's day."""
    had_birthday = (REGISTER_DATE.month, REGISTER_DATE.day) >= (date_of_birth.month, date_of_birth.day)
    return REGISTER_DATE.year - date_of_birth.year - (not had_birthday)


def activities(rng: Random) -> str:
    """No, one, two or three activities, as one cell."""
    chosen = rng.sample(ACTIVITIES, rng.choice((0, 1, 1, 2, 2, 3)))
    return ", ".join(chosen) if chosen else "None"
