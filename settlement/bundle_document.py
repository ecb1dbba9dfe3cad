"""The document form of a bundle, both ways: see `bundle_1.schema.json` and docs/bundle.md."""

from settlement.bundle import FORMAT
from settlement.bundle_reader import read_bundle
from settlement.bundle_writer import write_bundle

__all__ = ["FORMAT", "read_bundle", "write_bundle"]
