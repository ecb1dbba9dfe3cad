"""The virtual power plant and its trade with a DSO.

Records of the flexibility trading protocol and the rules by which each party judges them, what a
DSO requests and which offers it orders, and how an aggregator forms portfolios of agreements and
offers only what they can deliver. All of it is pure; sending and storing is up to the caller.
"""
