"""Alternative tools that connect the same endpoints to the same services, used as documented."""
