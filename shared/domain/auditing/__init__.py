"""From a pass over everything to the report that people read: pure, and linear in the size of the world."""
