"""scripts/compile as a module; its name has no ending."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PATH = Path(__file__).resolve().parent / "compile"


def load() -> ModuleType:
    """Return the module, without leaving compiled Python beside it."""
    loader = importlib.machinery.SourceFileLoader("compile_command_script", str(PATH))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    loader.exec_module(module)
    sys.dont_write_bytecode = writes_bytecode
    return module
