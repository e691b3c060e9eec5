"""The decision: pure functions over frozen dataclasses. No I/O, no clock, no vendor types, nothing else of ours.

Packages, from the top: explain, preflight, audit, results, reading, planning, changes, ownership, model; each
imports only those after it. Start with `planning/plan.py`.
"""
