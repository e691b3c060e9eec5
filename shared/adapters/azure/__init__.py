"""Azure Resource Manager and Private DNS, through azure-mgmt-network and azure-mgmt-privatedns.

`clients` makes the SDK clients over one connection pool, `network` and `private_dns` implement the ports.
May import `shared.adapters.retry` and `json_fields`. Start with `network.py`.
"""
