"""The preflight: one check per question, decided from what a read-only look has seen.

Imports the model, planning and its own snapshot. Start with `checks.py`, the list of all checks.
"""
