"""Static analysis of the contracts: two tools, and an answer to each of their findings."""
