"""The pass: read, plan, apply, read again; batching; what a process caches; the ports to the outside.

Imports telemetry and the domain, never an adapter. Start with `reconcile.py`: the whole product on one page.
"""
