"""Chain access: one adapter, one artifact folder."""
