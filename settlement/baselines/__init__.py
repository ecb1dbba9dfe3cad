"""Baselines: what a connection would have done without the activation. Rule 0.12.

baseline.py       the records; declared beforehand, or zero
methods.py        the parameters of the methods
like_days.py      which earlier days are looked at, and why each is taken or left
computed.py       means of like days, adjusted to the day of the event
adjustment.py     how a baseline is moved towards the day of the event
around_event.py   readings just before and after the event
accuracy.py       how far a baseline is from what was metered without an activation
"""
