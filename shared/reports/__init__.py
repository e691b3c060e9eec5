"""What outlives a process: audit reports, the cache of private endpoint configs, published outcome events.

Imports the reconciler's ports and the domain. Start with `report_repository.py`.
"""
