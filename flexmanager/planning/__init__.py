"""Exact planners, for one device or a fleet: stores, charging, heated buildings, shifted loads."""
