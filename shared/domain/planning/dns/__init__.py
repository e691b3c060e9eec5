"""The Private DNS half of the plan: which zone, which record, who holds it.

Independent of `planning.access`. Start with `dns_records.py`, then `zone_selection.py`.
"""
