"""The preflight: one check per requirement, decided from a read-only snapshot.

Imports planning, ownership and the model. Start with `checks.py`, the list of all checks.
"""
