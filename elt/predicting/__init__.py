"""Honest predictions: trained on the past, judged on students it never saw, published only through the gate.

Read in this order: tasks, frames, leakage, splits, candidates, evaluation, gate, scoring, publishing, running.
"""
