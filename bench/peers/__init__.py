"""Other ways to connect the same endpoints to the same services, as their own documents describe them."""
