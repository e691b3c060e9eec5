"""The ClickHouse Cloud API over httpx: ten calls in ten seconds per key.

`client` implements the port, `parsing` parses responses, `rate_limiter` delays calls. May import
`shared.adapters.retry` and `json_fields`. Start with `client.py`.
"""
