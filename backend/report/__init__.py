"""The report of a finished demonstration: one HTML page that opens without a network."""
