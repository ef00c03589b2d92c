"""The repository as data: its files, our modules, what they import and define."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("connector", "adapters", "state")
NOT_OURS = {".git", ".venv", "build", "dist", "node_modules"}


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or could be, committed. Without git (an unpacked archive): every file there is."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 -- git from PATH
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        )
        names = (ROOT / name for name in listed.stdout.split("\0") if name)
        return tuple(sorted(path for path in names if path.is_file()))
    found: list[Path] = []
    for folder, inner, names_here in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in NOT_OURS and not name.endswith((".egg-info", "_cache"))]
        found += [Path(folder, name) for name in names_here]
    return tuple(sorted(found))


def texts() -> Iterator[tuple[str, str]]:
    """(path from the root, content) of every file that is text."""
    for path in files():
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


class Import(NamedTuple):
    """One imported name: the module it comes from, and where that is written."""

    module: str
    line: int


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: str  # from the root, with slashes
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """As it is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def imports(self) -> list[Import]:
        """Everything imported anywhere in the file, also inside functions.

        `from a import b` counts as `a.b` where that is a module of ours, else as `a`.
        """
        found: list[Import] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [Import(alias.name, node.lineno) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found += [
                    Import(inner if is_module(inner) else base, node.lineno)
                    for inner in (f"{base}.{alias.name}" for alias in node.names)
                ]
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        above = self.name.split(".")
        kept = len(above) - node.level + self.path.endswith("/__init__.py")
        return ".".join([*above[:kept], *([node.module] if node.module else [])])

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """(dotted name of what is called, the call), for calls of plain or dotted names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                name = dotted(node.func)
                if name:
                    yield name, node


def dotted(node: ast.expr) -> str:
    """`a.b.c` as text; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


@cache
def is_module(name: str) -> bool:
    """Whether that dotted name is a file or package of ours."""
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the repository, migrations' versions left out: those are history, written by Alembic."""
    found: list[Module] = []
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and not name.startswith("state/migrations/versions/"):
            text = path.read_text(encoding="utf-8")
            found.append(Module(name, text, ast.parse(text, name)))
    return tuple(found)


def shipped() -> list[Module]:
    """The modules a user gets."""
    return [module for module in modules() if module.path.split("/")[0] in PACKAGES]
