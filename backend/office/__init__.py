"""The commands by which a DSO and a meter data company do their part of a settlement."""
