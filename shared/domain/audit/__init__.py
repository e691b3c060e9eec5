"""The audit report: inventory, findings with first and last seen, repairs, summary and outcome events.

Imports `results` and the layers below it. Start with `audit.py`, then `report_model.py`.
"""
