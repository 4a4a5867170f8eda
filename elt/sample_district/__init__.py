"""A made-up district of five schools with documented effects and flaws: `python -m elt.sample_district --out DIR`.

What is planted, and how large it is, stands in `effects.py`; which lines are wrong stands in `flaws.py`;
`docs/sample-district.md` explains both. Names, random streams and files are the sample school's.
"""
