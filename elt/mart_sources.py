"""Which datasets a mart is made from, from the text of the dbt project."""

import re
from functools import cache

from elt.dbt_build import PROJECT

_REF = re.compile(r"""\bref\(\s*['"](\w+)['"]\s*\)""")
_SOURCE = re.compile(r"""\bsource\(\s*['"](\w+)['"]\s*,\s*['"](\w+)['"]\s*\)""")
LEDGER = "catalog"


@cache
def datasets_behind(model: str) -> frozenset[str]:
    """The datasets that a model reads, through whatever other models: the source laurel.students is laurel/students."""
    path = next((PROJECT / "models").rglob(f"{model}.sql"), None)
    if path is None:  # a seed
        return frozenset()
    text = path.read_text(encoding="utf-8")
    own = {f"{family}/{table}" for family, table in _SOURCE.findall(text) if family != LEDGER}
    return frozenset(own).union(*(datasets_behind(name) for name in _REF.findall(text)))
