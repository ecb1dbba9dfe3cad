"""The schemas that the package publishes, ready to validate with."""

import json
from functools import lru_cache
from importlib.resources import files

from jsonschema import Draft202012Validator


@lru_cache(maxsize=2)
def validator(name: str) -> Draft202012Validator:
    """A published schema, which has to be one itself."""
    schema = json.loads(files("settlement").joinpath(name).read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
