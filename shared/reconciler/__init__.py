"""One pass: read, plan, apply, read again. Also batching, the process cache and the ports to outside systems.

Imports telemetry and the domain, never an adapter. Start with `reconcile.py`: the whole product on one page.
"""
