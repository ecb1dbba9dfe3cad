"""Local flexibility managers: what a building, a vehicle or a device offers, does and tells."""
