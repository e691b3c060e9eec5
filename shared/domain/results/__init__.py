"""What a pass reports: the report, each waiting invocation's part of it, and what is unfinished.

Imports planning and what is below it. Start with `pass_report.py`.
"""
