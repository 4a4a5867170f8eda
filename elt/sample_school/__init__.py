"""A made-up school with documented effects and flaws: `python -m elt.sample_school --seed 1 --out DIR`.

What is planted, and how large it is, stands in `effects.py`; which lines are wrong stands in `flaws.py`;
`docs/sample-school.md` explains both.
"""
