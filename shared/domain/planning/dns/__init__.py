"""The private DNS part of the plan. Does not depend on `planning.clickhouse`. Start with `dns_records.py`."""
