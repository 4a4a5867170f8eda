"""Versions of one file: replaced, compared, taken back, brought back."""
