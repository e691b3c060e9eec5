"""The Event Grid topic to which outcome events are published, through azure-eventgrid.

May import the domain. Start with `outcome_topic.py`.
"""
