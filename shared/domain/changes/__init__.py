"""The changes that a plan consists of, each of one object.

A change carries everything that varies by kind: its stage, what it requires, which changes share its call, and how
it is displayed. Only `apply` distinguishes kinds, to choose the call. A new kind goes into `clickhouse` or `dns`, and
into the `match` in `shared/reconciler/apply.py`.
"""
