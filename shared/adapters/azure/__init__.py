"""Azure Resource Manager and Private DNS, through azure-mgmt-network and azure-mgmt-privatedns.

`clients` creates the SDK clients over one connection pool, `network` and `private_dns` implement the ports.
May import `shared.adapters.retry`, `http_errors` and `json_fields`. Start with `network.py`.
"""
