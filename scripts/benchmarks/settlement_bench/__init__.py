"""Parts of the settlement benchmark: its data, its contenders, its chart."""
