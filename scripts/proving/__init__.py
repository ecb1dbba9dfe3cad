"""Properties of the rules on chain that hold for all arguments, shown by symbolic execution."""
