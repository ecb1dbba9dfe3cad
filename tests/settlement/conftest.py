"""Hypothesis runs the same examples every time in continuous integration, and has no deadline."""

import os

from hypothesis import settings

settings.register_profile("development", max_examples=60, deadline=None)
settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "development")
