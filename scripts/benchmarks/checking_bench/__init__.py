"""What the benchmark of the checker measures on."""
