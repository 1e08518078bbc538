"""Rules of the house that a machine can check in the source."""

import ast
import os
import subprocess

import pytest

from tests.house_rules.source import ROOT, Function, body_of, modules, percentile

# All rules look at the same parsed source, which is costly to make: one test process looks at it.
pytestmark = pytest.mark.xdist_group("source")

COMMITS_ALLOWED = {"leadkit.edge", "leadkit.db", "leadkit.migrations"}
LARGEST_FILE = 400


def test_what_is_grouped_runs_in_one_test_process(request: pytest.FixtureRequest) -> None:
    """Else each process would parse the source, and start a browser and a whole Leadflow of its own."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@source")


def test_services_never_import_each_other() -> None:
    services = ("lead_intake", "crm_core", "analytics")
    wrong = [
        f"{module.place} imports {name}"
        for module in modules()
        for name in module.imported()
        for other in services
        if name.split(".")[0] == other and module.package != other
    ]
    assert wrong == []


def test_a_slice_reads_another_slices_tables_only_through_its_functions() -> None:
    # A package's own `tables` module gathers them all for the migrations.
    wrong = [
        f"{module.place} imports {name}"
        for module in modules("lead_intake", "crm_core", "analytics")
        if module.name != f"{module.package}.tables"
        for name in module.imported()
        if name.startswith(f"{module.package}.") and "tables" in name.split(".") and _slice(name) != _slice(module.name)
    ]
    assert wrong == []


def test_rules_know_neither_database_nor_network_nor_clock() -> None:
    forbidden = {"sqlalchemy", "fastapi", "httpx", "asyncpg", "time"}
    wrong = [
        f"{module.place} imports {name}"
        for module in modules()
        if module.name.endswith(".rules")
        for name in module.imported()
        if name.split(".")[0] in forbidden or name == "leadkit.clock" or name.endswith((".tables", ".queries"))
    ]
    assert wrong == []


def test_only_the_edge_and_the_transaction_commit() -> None:
    wrong = [
        f"{module.place}:{node.lineno}"
        for module in modules()
        if module.name not in COMMITS_ALLOWED
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert wrong == []


def test_refusals_are_problems_and_not_http_exceptions() -> None:
    wrong = [
        f"{module.place}:{node.lineno}"
        for module in modules("lead_intake", "crm_core", "analytics")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name) and node.id == "HTTPException"
    ]
    assert wrong == []


def test_files_are_small_enough_to_read() -> None:
    sizes = {module.place: module.lines for module in modules()}
    assert {place: lines for place, lines in sizes.items() if lines > LARGEST_FILE} == {}
    assert percentile(list(sizes.values()), 0.9) <= 220


def test_functions_are_small_enough_to_see() -> None:
    sizes = [_body_lines(function) for module in modules() for function in module.functions()]
    assert percentile(sizes, 0.9) <= 25


def test_no_function_only_forwards() -> None:
    wrong = [
        f"{module.place}:{function.lineno} {function.name}"
        for module in modules()
        if not module.name.endswith("routes")
        for function in module.functions()
        if _forwards(function)
    ]
    assert wrong == []


def test_every_module_and_public_function_says_what_it_promises() -> None:
    wrong = []
    for module in modules():
        if module.path.stat().st_size and ast.get_docstring(module.tree) is None:
            wrong.append(module.place)
        wrong += [
            f"{module.place}:{node.lineno} {node.name}"
            for node in module.tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert wrong == []


@pytest.mark.parametrize(
    "mark", ["TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error", "pragma: no" + " cover"]
)
def test_nothing_is_left_for_later(mark: str) -> None:
    found = subprocess.run(
        ["git", "grep", "-nw", mark, "--", "*.py", "*.md", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""


def _slice(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _body_lines(function: Function) -> int:
    body = body_of(function)
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _forwards(function: Function) -> bool:
    """One statement that calls something else with just the same arguments."""
    body = body_of(function)
    if len(body) != 1 or function.decorator_list or not isinstance(body[0], ast.Return | ast.Expr):
        return False
    value = body[0].value
    if isinstance(value, ast.Await):
        value = value.value
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name | ast.Attribute):
        return False
    parameters = [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
    if not parameters or parameters[0] in ("self", "cls"):
        return False
    passed = [each.id for each in value.args if isinstance(each, ast.Name)]
    passed += [each.value.id for each in value.keywords if isinstance(each.value, ast.Name)]
    return passed == parameters and len(value.args) + len(value.keywords) == len(parameters)
