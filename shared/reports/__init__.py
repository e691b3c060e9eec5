"""Audit reports and the config cache in the report store, and the publication of outcome events.

Imports the reconciler's ports and the domain. Start with `report_repository.py`.
"""
