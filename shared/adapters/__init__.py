"""The outside systems: SDK and HTTP types, their errors and their retries end here.

Implements the protocols of `shared.reconciler.ports`. May import the domain, telemetry and settings types; one
system never imports another. Start with `azure/network.py`, the smallest complete adapter.
"""
