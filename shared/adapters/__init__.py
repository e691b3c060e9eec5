"""Adapters for Azure and ClickHouse Cloud. SDK types, HTTP types and vendor errors are used only here.

Implements the protocols of `shared.reconciler.ports`. May import the domain, telemetry and settings types; the
adapter of one system does not import that of another. Start with `azure/network.py`, a complete small adapter.
"""
