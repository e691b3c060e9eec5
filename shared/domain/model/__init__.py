"""What the rest of the domain speaks of: ids, resources, what was read (snapshot), selectors, findings, errors.

Imports nothing of ours. Start with `resources.py`, then `snapshot.py`.
"""
