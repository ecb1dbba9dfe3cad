"""Settlement rules: domain records and pure calculation, and the checker every party runs alone."""
