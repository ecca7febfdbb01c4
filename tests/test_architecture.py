"""The house rules that a program can check: who imports whom, what stands where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import django_resque

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "django_resque"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 400
# Names for everyone, and what Django calls: their tests are those of the modules that use them.
UNMIRRORED = {"apps.py", "exceptions.py", "signals.py", "version.py"}
MIRRORED = [
    module
    for module in MODULES
    if module.name != "__init__.py" and str(module.relative_to(PACKAGE)) not in UNMIRRORED
]
SILENT_NAMES = {"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
# Loading any of these runs whatever lies in the data, and queues are written by others.
UNSAFE = {"dill", "marshal", "pickle", "cloudpickle", "shelve"}
TEXTS = {".cfg", ".css", ".html", ".ini", ".lua", ".md", ".py", ".toml", ".txt", ".yaml", ".yml"}


def named(module: Path) -> str:
    """Return a module's path in the package, to name a case by."""
    return str(module.relative_to(PACKAGE))


def test_imports_go_downwards() -> None:
    """Every contract on imports in pyproject.toml is kept."""
    # In a process of its own, for it would configure the logging of this one.
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    linted = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == linted.returncode, linted.stdout + linted.stderr


@pytest.mark.parametrize("module", MIRRORED, ids=named)
def test_every_module_has_its_test(module: Path) -> None:
    """A module's tests stand in the same room of the tests; commands stand with management."""
    room = [part for part in module.relative_to(PACKAGE).parts[:-1] if part != "commands"]
    mirror = ROOT.joinpath("tests", *room, f"test_{module.name}")

    assert mirror.is_file(), f"{mirror.relative_to(ROOT)} is missing"


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_module(module: Path) -> None:
    """A module is named after what it does, short enough to read, and loads no live objects."""
    source = module.read_text()

    assert set() == SILENT_NAMES & {module.stem}
    assert len(source.splitlines()) <= LONGEST_MODULE
    assert set() == UNSAFE & imported(ast.parse(source))


def test_no_module_bears_a_public_name() -> None:
    """Importing a module never overwrites a name of the package itself."""
    modules = {module.stem for module in PACKAGE.iterdir()} - {"__init__"}

    assert set() == modules & set(django_resque.__all__)


def test_no_paths_of_a_machine() -> None:
    """No file names a place that is there on its author's machine only."""
    private = re.compile(
        "|".join([re.escape(str(ROOT)) + r"\b", re.escape(str(Path.home())) + "/", r"/Users/\w"])
    )
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in texts()
        if (match := private.search(file.read_text(errors="replace")))
    ]

    assert [] == found


def texts() -> list[Path]:
    """Return the text files that are ours: not those that tools left behind."""
    folders = ["django_resque", "docs", "testproject", "tests", ".github", ".ci"]
    files = [path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".cov")]
    for folder in folders:
        files += [path for path in (ROOT / folder).rglob("*") if "node_modules" not in path.parts]
    return [
        path
        for path in files
        if path.suffix in TEXTS and path.is_file() and "_build" not in path.parts
        and path != Path(__file__)
    ]  # fmt: skip


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level names of everything a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
