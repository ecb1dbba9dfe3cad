"""Rivals of the planners."""
