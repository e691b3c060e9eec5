"""The Event Grid topic for outcome events, through azure-eventgrid.

May import the domain and `shared.adapters.sdk_client`. Start with `outcome_topic.py`.
"""
