"""Local managers of devices and sites, and the dispatcher of the virtual power plant.

Read `local/device.py` and `local/manager.py` first (what a device and its manager can do), then
`local/site.py` (how a site composes them) and `dispatch/` (how an order is spread over agreements).
Floats live here only; `rounding.py` is the one place where they become whole W.
"""
