"""Files, partitions and machines around the pure kernel; needs the extra `scale`.

Meter CSV becomes Parquet of day blobs; agreements with their blobs become partitions; partitions
become statements, leaves and parts of the tree; these fold into one root.
"""
