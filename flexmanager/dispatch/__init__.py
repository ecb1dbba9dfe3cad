"""The dispatcher of the virtual power plant: cover an order at least cost within the agreements."""

from flexmanager.dispatch.candidate import Candidate, response
from flexmanager.dispatch.dispatcher import Activation, Dispatch, dispatch

__all__ = ["Activation", "Candidate", "Dispatch", "dispatch", "response"]
