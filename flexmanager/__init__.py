"""Flexibility managers of assets and sites, and the dispatcher of the virtual power plant.

Read `manager.py` first (what every asset manager can do), then `site.py` (how a site composes them)
and `dispatch.py` (how an order is spread over agreements). Floats live here only; `rounding.py` is
the one place where they become whole W.
"""
