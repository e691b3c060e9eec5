"""The Event Grid topic for outcome events, through azure-eventgrid.

May import the domain. Start with `outcome_topic.py`.
"""
