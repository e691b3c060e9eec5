"""The types that the rest of the domain uses: ids, resources, the snapshot, selectors, settings, findings, errors.

Imports nothing else of this project. Start with `resources.py`, then `snapshot.py`.
"""
