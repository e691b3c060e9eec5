"""Implements the HTTP contract of the Azure Functions host in front of Microsoft's Python worker library."""
