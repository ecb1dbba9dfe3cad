"""The steps that derive the pilot district data from public packages."""
