"""Ownership: which registrations and record sets this deployment created, and may change or remove.

Imports the model. Start with the tables in `registrations.py`; `marks.py` has the format of the marks.
"""
