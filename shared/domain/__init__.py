"""What should be true, decided without touching anything: pure functions over frozen data."""
