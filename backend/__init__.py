"""The market service: the only package that does input and output."""
