"""The log, one JSON object per line, and the context of the running pass.

Imports the domain only. Start with `log.py`.
"""
