"""The data dictionary in docs/ is what contracts and models say."""

from elt.contracting.data_dictionary import PATH, render


def test_the_data_dictionary_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == render(), "run: python -m elt.contracting.data_dictionary"
