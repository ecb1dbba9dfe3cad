"""Benchmarks: each prints its figures beside a rival or a physical limit of the same run."""
