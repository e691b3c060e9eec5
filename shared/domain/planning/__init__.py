"""From a snapshot and the settings to a plan: what to change, and what to report.

`classification` says what each endpoint is to get, `access` and `dns` what that comes to, `policy` and
`removal_limit` filter the plan. Imports changes, ownership and the model. Start with `plan.py`.
"""
