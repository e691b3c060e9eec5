"""The outside systems. SDK types, HTTP and vendors' errors end in this folder."""
