"""Which lines and branches of the contracts the tests run, measured on the in-process chain."""
