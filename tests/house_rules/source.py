"""The project's own source as these tests read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "leadkit": ROOT / "shared" / "leadkit",
    "lead_intake": ROOT / "services" / "lead-intake" / "lead_intake",
    "crm_core": ROOT / "services" / "crm-core" / "crm_core",
    "analytics": ROOT / "services" / "analytics" / "analytics",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A source file: its package, its dotted name, and its tree."""

    package: str
    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def lines(self) -> int:
        return len(self.path.read_text().splitlines())

    def functions(self) -> Iterator[Function]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imported(self) -> Iterator[str]:
        """Dotted names of modules, and of what is taken from them."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(*packages: str) -> list[Module]:
    return [module for package in packages or PACKAGES for module in _modules_of(package)]


@cache
def _modules_of(package: str) -> list[Module]:
    """Parsed once: every rule looks at the same trees."""
    found = []
    folder = PACKAGES[package]
    for path in sorted(folder.rglob("*.py")):
        name = ".".join((package, *path.relative_to(folder).with_suffix("").parts)).removesuffix(".__init__")
        found.append(Module(package, name, path, ast.parse(path.read_text())))
    return found


def body_of(function: Function) -> list[ast.stmt]:
    """The statements without the docstring."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[1:]
    return body


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(len(values) * share)]
