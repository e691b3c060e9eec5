"""From a snapshot and the settings to a plan: which changes to make, and what to report.

`classification` gives each endpoint a verdict, `clickhouse` and `dns` plan its changes, `policy` and `removal_limit`
filter the plan. Imports changes, ownership and the model. Start with `plan.py`.
"""
