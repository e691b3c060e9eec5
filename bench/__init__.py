"""`python -m bench`: the figures of docs/performance.md, measured against the simulator."""
