"""The ClickHouse Cloud part of the plan: registrations and allow lists. Start with `allow_lists.py`."""
