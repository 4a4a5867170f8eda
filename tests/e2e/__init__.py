"""The whole stack, as a user meets it.

A package, so that what its tests share ends with the last of them, not with the run.
"""
