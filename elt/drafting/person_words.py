"""The words of headers that speak of people, in several languages, and what a name looks like."""

import re

from elt.drafting.result import Confidence

_PERSON = (
    "student|pupil|learner|teacher|staff|employee|person|parent|guardian|father|mother|candidate|child|user|"
    "participant|respondent|applicant|next of kin|interviewer|enumerator|observer|tutor|counsell?or|sponsor|"
    "eleve|etudiant|alumno|alumna|estudiante|aluno|schuler|akeko|dalibi"
)
_NUMBER = "id|no|nr|number|num|code|key|ref|reference"
_NAMES = (
    "(?:first|last|given|family|middle|maiden|full|sur|fore|preferred|other|nick) ?names?|surname|forename|initials|"
    "prenoms?|noms? de famille|^noms?$|noms? et prenoms?|apellidos?|^nombres?$|nombres? (?:completos?|y apellidos?)|"
    "nachnamen?|vornamen?|familiennamen?|^nome$|nome completo|sobrenome|cognome|voornaam|achternaam|oruko|"
    "^(?:suna|aha|jina|naam)$"
)
_HEALTH = (
    "health|disabilit(?:y|ies)|disorder|medical|diagnos[ie]s|allerg(?:y|ies)|genotype|illness|hiv|aids status|"
    "sickle cell|asthma|epilep(?:sy|tic)|blood (?:group|type)|special needs|special educational needs?|sen|send|"
    "sen status|ehcp|pregnan(?:t|cy)|vaccinat(?:ed|ion)"
)
_SPECIAL = (
    "religions?|religious|faith|denomination|tribe|ethnic|ethnicity|race|caste|sexual orientation|political party|"
    "trade union|immigration status|religione?|ethnie|etnia"
)
# Somebody as such: `Class Teacher`, `Mother`. Its cells are names or, where they are numbers, numbers of people.
BARE_PERSON = re.compile(rf"^(?:(?:class|form|head|subject|home ?room|lead) )?(?:{_PERSON})$")
# Kind, how sure, and words of a header (joined with blanks) that say so. The first that fits counts.
HEADERS: tuple[tuple[str, Confidence, re.Pattern[str]], ...] = tuple(
    (kind, confidence, re.compile(rf"\b(?:{words})\b"))  # type: ignore[misc]
    for kind, confidence, words in (
        (
            "identifier",
            "high",
            "lasrra|bvn|nin|ssn|passport|social security|national (?:id|identity|insurance)|voters?",
        ),
        (
            "identifier",
            "high",
            "matric(?:ulation)?|driver s? ?licen[cs]e|(?:jamb|waec|neco|utme) (?:reg|registration|id)",
        ),
        ("identifier", "high", "(?:admission|registration|reg|exam|jamb|waec|neco|utme|index) (?:no|number)"),
        ("identifier", "high", rf"(?:{_PERSON}) ?(?:{_NUMBER})|(?:{_NUMBER}) (?:{_PERSON})|username|user name|login"),
        ("contact", "high", "e ?mails?|e ?mail address|phone|telephone|mobile|whatsapp|gsm|fax|contact (?:no|number)"),
        ("contact", "high", "telefono|telefon|correo|courriel"),
        ("birth", "high", "dob|d o b|date of birth|birth ?date|birthday|birth year|year of birth|birth|born"),
        ("birth", "high", "naissance|nacimiento|nascimento|geburtsdatum|geburtstag"),
        ("birth", "medium", "^age(?: in years)?$"),
        ("name", "high", _NAMES),
        ("name", "high", rf"(?:{_PERSON}) ?(?:full ?)?names?|names? of (?:the )?(?:{_PERSON})"),
        ("name", "medium", "^names?$"),
        ("name", "medium", BARE_PERSON.pattern),
        ("location", "high", "(?:home|street|residential|postal|mailing) address|^address(?: line)?(?: \\d)?$|street"),
        ("location", "medium", "address|post ?code|zip(?: code)?|latitude|longitude|lat|lng|gps|residence|home town"),
        ("location", "medium", "^long?$|coordinates?|adresse|direccion|endereco"),
        ("health", "medium", _HEALTH),
        ("special", "medium", _SPECIAL),
        ("finance", "medium", "income|salary|wages?|bank|iban|account (?:no|number)|card number|credit card"),
    )
)
NOT_A_PERSONS = re.compile(
    r"\b(school|course|module|subject|class|book|file|column|city|country|state|region|district|company|site) names?\b"
    r"|\b(?:e ?mail|phone|web) ?(?:count|sent)\b|\bof (?:students|pupils|teachers|staff)\b|\bip address\b"
)
# Headers of columns whose capitalised words name things.
_THINGS = (
    "school|course|module|subject|title|book|city|country|state|region|district|lga|town|area|department|faculty|"
    "programme|program|major|discipline|language|nationality|zone|ward|county|province|village|community|"
    "location|place|type|category|status|level|grade|class|stage|month|day|weekday|term|season|brand|product|"
    "company|occupation|job|industry|sector|sport|activity|question|answer|topic|exam|test|band|group"
)
THING_WORDS = frozenset(_THINGS.split("|"))
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_]+(?:[ '-]+[^\W\d_a-z][^\W\d_]*\.?){0,3}")


def looks_like_a_name(text: str) -> bool:
    """Whether a cell may be a person's name: one to four capitalised words, and no short code such as AAA."""
    return _CAPITALISED.fullmatch(text) is not None and not (text.isupper() and len(text) <= 3)
