"""The researcher's guide tells of every check there is."""

from elt.drafting.guide import PATH, with_table


def test_the_table_of_checks_is_current() -> None:
    page = PATH.read_text(encoding="utf-8")
    assert with_table(page) == page, "write it again: python -m elt.drafting.guide"
