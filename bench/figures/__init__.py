"""The figures, one module for each world they are measured on."""
