"""The figures, one module per simulated world."""
