"""One file per function: parse, call, answer.

Imports bootstrap and what is below it; `event_grid` alone is imported at start-up, so it imports nothing slow.
Start with `endpoint_changed.py`.
"""
