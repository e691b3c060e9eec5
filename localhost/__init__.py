"""The Azure Functions host's HTTP contract in front of Microsoft's own Python worker library."""
