"""The private DNS part of the plan. Does not depend on `planning.access`. Start with `dns_records.py`."""
