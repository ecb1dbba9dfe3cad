"""The pilot district as hourly series, and the demonstration's own forecast on them."""
