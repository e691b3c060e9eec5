"""The log, one JSON object per line, and the context of the pass that is running.

Imports the domain only. Start with `log.py`.
"""
