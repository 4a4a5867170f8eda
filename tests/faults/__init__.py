"""Real parts that are killed and starved.

A package, so that what its tests share ends with the last of them, not with the run.
"""
