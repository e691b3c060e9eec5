"""The ClickHouse Cloud API over httpx: ten calls in ten seconds per key, enveloped answers.

`client` implements the port, `parsing` reads answers, `rate_limiter` spaces calls. May import
`shared.adapters.retry` and `json_fields`. Start with `client.py`.
"""
