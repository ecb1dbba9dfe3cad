"""Flexibility managers of assets and sites, and the dispatcher of the virtual power plant."""
