"""Programs that are measured in separate processes (see `bench.child`)."""
