"""Install the npm packages of some folders, unless they are there already.

usage: python3 scripts/node_packages.py FOLDER...

Uses the standard library alone. What is installed belongs to a package-lock.json; its hash is kept
beside it, so that a changed lock is installed again. Scripts of packages are not run.
Without npm it says so and leaves everything as it is: the tests that need a package then skip.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

STAMP = "made-for.txt"


def main(folders: list[Path]) -> int:
    """Install what is missing or stale; return the exit code."""
    for folder in folders:
        lock = folder / "package-lock.json"
        if not lock.is_file():
            say(f"{lock}: missing, expected the lock of an npm package")
            return 2
        if is_current(folder):
            continue
        npm = shutil.which("npm")
        if npm is None:
            say(f"npm is not there: the packages of {folder} are not installed")
            continue
        status = install(npm, folder)
        if status:
            say(f"npm ci in {folder} failed with status {status}")
            return status
    return 0


def is_current(folder: Path) -> bool:
    """Tell whether what is installed in a folder is what its lock says."""
    stamp = folder / "node_modules" / STAMP
    return stamp.is_file() and stamp.read_text() == lock_hash(folder)


def lock_hash(folder: Path) -> str:
    """Return the sha256 of the lock and of the requirements it answers, in hexadecimal."""
    files = (folder / "package-lock.json", folder / "package.json")
    parts = [file.read_bytes() for file in files if file.is_file()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def install(npm: str, folder: Path) -> int:
    """Install a folder's packages from its lock; return npm's status."""
    say(f"Installing the npm packages of {folder} ...")
    command = [npm, "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    status = subprocess.run([*command, "--prefix", str(folder)], check=False).returncode
    if status == 0:
        (folder / "node_modules" / STAMP).write_text(lock_hash(folder))
    return status


def say(text: str) -> None:
    """Tell progress without touching what is printed for scripts."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(f"usage: {sys.argv[0]} FOLDER...")
    sys.exit(main([Path(name) for name in sys.argv[1:]]))
