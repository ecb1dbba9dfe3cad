"""What the package brings along, and the pinned text of its rules."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import settlement
from settlement.rule_set import RULE_SET_FILE, rule_set_1
from settlement.words import hex_of

ROOT = Path(__file__).parents[2]
PINNED_RULE_SET_1 = "0xff3ca192a152abc4a949de2c6edef11849047ea2e35e5a83d36039eccbcd1291"
"""Changing the text makes another rule set, which every agreement so far does not name."""

IMPORT_ALL = """
import importlib, json, pkgutil, sys
before = set(sys.modules)
import settlement
for module in pkgutil.walk_packages(settlement.__path__, "settlement."):
    importlib.import_module(module.name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_a_prosumer_needs_two_libraries():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", IMPORT_ALL]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    names = {name.split(".")[0] for name in json.loads(run.stdout)}
    imported = {name for name in names if not name.startswith("_sysconfigdata")}
    outside = imported - set(sys.stdlib_module_names) - {"settlement"}
    of_coincurve = {"coincurve", "cffi", "_cffi_backend", "_libsecp256k1", "pycparser"}
    assert outside <= {*of_coincurve, "Crypto", "tzdata"}
    assert {"settlement", "coincurve", "Crypto"} <= imported


def test_every_module_says_what_it_is():
    for module in pkgutil.walk_packages(settlement.__path__, "settlement."):
        path = ROOT / module.name.replace(".", "/")
        source = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
        assert source.read_text().startswith('"""'), module.name
        assert len(source.read_text().splitlines()) <= 250, module.name


def test_the_text_of_the_rules_is_the_pinned_one():
    assert hex_of(rule_set_1()) == PINNED_RULE_SET_1


def test_the_text_of_the_rules_is_plain_and_has_every_section():
    text = (ROOT / "settlement" / RULE_SET_FILE).read_bytes()
    assert b"\r" not in text
    headings = [line for line in text.decode().splitlines() if line.startswith("## ")]
    assert [heading.split()[1] for heading in headings] == [f"0.{n}" for n in range(1, 14)]
