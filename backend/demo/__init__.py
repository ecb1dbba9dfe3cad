"""The demonstration: a month of the pilot district through every service, with simulated sites."""
