"""One file per function: parse the input, call the runtime, return the answer.

Imports bootstrap and below. Only `event_grid` is imported at start-up, so it imports nothing slow.
Start with `endpoint_changed.py`.
"""
