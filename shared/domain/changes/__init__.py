"""The changes that a plan consists of, each of one object.

A change carries everything that varies by kind: its stage, what it requires, which changes share its call, and how
it is displayed. Only `apply` distinguishes kinds, to choose the call. A new kind goes into `clickhouse` or `dns`, and
into the `match` in `shared/reconciler/apply.py`.
"""

from shared.domain.changes.base import NOTHING, Change, Key, Sign, sort_key
from shared.domain.changes.clickhouse import Allow, Deregister, Disallow, Register, RegisterThroughService
from shared.domain.changes.dns import CreateZone, DeleteRecord, LinkNetwork, PutRecord

IN_A_ZONE = (PutRecord, DeleteRecord, CreateZone, LinkNetwork)

__all__ = [
    "IN_A_ZONE",
    "NOTHING",
    "Allow",
    "Change",
    "CreateZone",
    "DeleteRecord",
    "Deregister",
    "Disallow",
    "Key",
    "LinkNetwork",
    "PutRecord",
    "Register",
    "RegisterThroughService",
    "Sign",
    "sort_key",
]
