"""What devices are and do: their parameters, with units and limits, and their physics."""
