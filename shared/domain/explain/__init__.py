"""Why an endpoint is or is not connected, step by step, and what to do.

Imports preflight results, planning and what is below it. Start with `explanation.py`.
"""
