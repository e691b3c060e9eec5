"""The audit's report: inventory, findings with first and last seen, repairs, the summary, outcome events.

Imports results and what is below it. Start with `audit.py`, then `report_model.py`.
"""
