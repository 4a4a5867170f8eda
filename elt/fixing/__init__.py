"""Refused lines that come back corrected, and join their submission."""
