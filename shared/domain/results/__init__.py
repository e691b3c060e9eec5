"""What a pass reports: the whole, each waiting invocation's share, and what is unfinished.

Imports planning and what is below it. Start with `pass_report.py`.
"""
