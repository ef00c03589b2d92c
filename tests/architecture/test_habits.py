"""Habits that a reader relies on, and that no linter of ours checks."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import PurePosixPath

from tests.architecture.tree import ROOT, Module, modules, shipped, texts

FILE_LINES = 450  # what one sitting can read; nine of ten files are to stay under 420
LISTS = ("tests/", "adapters/sandbox/", "bench/")
LIST_LINES = 720  # lists of cases, of routes, of calls: long, not deep
FUNCTION_LINES = 70  # one screen
TEST_NAME_WORDS = 4  # with `test` itself; fewer make no sentence

# Brackets of one letter keep a pattern from finding itself here.
UNFINISHED = re.compile(
    r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K]|NotImplementedErro[r])\b"
    r"|\b(?:enough|works?|fine|stub\w*|hard-?coded|temporar\w*) for no[w]\b|# [Ff]or no[w]\b"
)
MACHINE = re.compile(
    r"(?<![\w.~-])/(?:wor[k]|roo[t]|home/\w+|Users/\w+|opt/pyp[i][\w-]*)/"
    r"|files\.pythonhoste[d]|pypi\.org/simpl[e]|extra-index-ur[l]"
)
NAIVE = frozenset({"utcnow", "utcfromtimestamp"})
# Words with two meanings, or with none. See the end of docs/explanation/glossary.md.
VAGUE_FUNCTIONS = re.compile(r"^_*(?:sync|process|manage)(?:_|$)")
HOOKS = {"process_bind_param", "process_result_value", "process_request", "process_response"}  # named by libraries
VAGUE_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_utils"}


def at(module: Module, node: ast.stmt | ast.expr, what: str) -> str:
    return f"{module.path}:{node.lineno}: {what}"


def test_nothing_in_the_repository_is_left_unfinished() -> None:
    wrong = [
        f"{path}:{number}: {line.strip()}"
        for path, text in texts()
        if path.endswith((".py", ".toml", ".md", ".yml", "Makefile"))
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_path_or_index_of_one_machine_is_written_down() -> None:
    wrong = [
        f"{path}:{number}: {found.group()}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (found := MACHINE.search(line))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_instant_is_made_with_its_zone() -> None:
    wrong = [
        at(module, call, f"{name} gives an instant without a zone")
        for module in modules()
        for name, call in module.calls()
        if name.split(".")[-1] in NAIVE
        or (name.endswith("datetime.now") and not call.args and not call.keywords)
        or name.endswith(("datetime.today", "date.today"))
    ]
    assert not wrong, "\n".join(wrong)


def test_a_float_stands_only_where_a_comment_says_why() -> None:
    wrong = [
        at(module, call, "float() without a comment on its line or above; amounts are Decimals")
        for module in shipped()
        if module.path.startswith(("connector/domain/", "adapters/")) and "/sandbox/" not in module.path
        for name, call in module.calls()
        if name == "float" and "#" not in "".join(module.text.splitlines()[call.lineno - 2 : call.lineno])
    ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_longer_than_one_sitting() -> None:
    wrong = [
        f"{module.path}: {length} lines, at most {most}"
        for module in modules()
        if (length := len(module.text.splitlines()))
        > (most := LIST_LINES if module.path.startswith(LISTS) else FILE_LINES)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_function_is_longer_than_one_screen() -> None:
    wrong = [
        at(module, function, f"{function.name} has {length} lines, at most {FUNCTION_LINES}")
        for module in modules()
        for function in module.functions()
        if (length := (function.end_lineno or function.lineno) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert not wrong, "\n".join(wrong)


def test_every_test_name_reads_as_a_sentence() -> None:
    wrong = [
        at(module, function, function.name)
        for module in modules()
        if module.path.startswith("tests/")
        for function in module.functions()
        if function.name.startswith("test_") and len(function.name.split("_")) < TEST_NAME_WORDS
    ]
    assert not wrong, "too few words:\n" + "\n".join(wrong)


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(PurePosixPath(module.path).name for module in modules() if module.path.startswith("tests/"))
    shared = [name for name, times in names.items() if times > 1 and name.startswith("test_")]
    assert not shared, f"pytest takes them for one module: {shared}"


def test_no_test_is_switched_off_for_good() -> None:
    wrong = [
        at(module, node, "switched off")
        for module in modules()
        if module.path.startswith("tests/")
        for function in module.functions()
        for decorator in function.decorator_list
        for node in [decorator.func if isinstance(decorator, ast.Call) else decorator]
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "xfail"}
    ]
    assert not wrong, "\n".join(wrong)


def test_names_avoid_words_with_two_meanings() -> None:
    functions = [
        at(module, function, function.name)
        for module in shipped()
        for function in module.functions()
        if VAGUE_FUNCTIONS.match(function.name) and function.name not in HOOKS
    ]
    files = [module.path for module in modules() if PurePosixPath(module.path).stem in VAGUE_MODULES]
    classes = [
        at(module, node, node.name)
        for module in shipped()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and re.search(r"Connector|Manager|Processor(?:Impl|Base)|Helper|Util", node.name)
    ]
    assert not functions + files + classes, "\n".join(functions + files + classes)


def test_nothing_is_printed_past_the_command_line() -> None:
    wrong = [
        at(module, call, "print() outside the command line")
        for module in shipped()
        if not module.path.startswith("connector/cli/")
        for name, call in module.calls()
        if name == "print"
    ]
    assert not wrong, "\n".join(wrong)


def test_every_package_marks_itself_as_typed() -> None:
    assert all((ROOT / package / "py.typed").is_file() for package in ("connector", "adapters", "state"))


def test_only_tests_let_something_happen_at_a_failure_point() -> None:
    wrong = [
        at(module, call, "arms the failure points")
        for module in shipped()
        if module.path != "connector/failpoints.py"
        for name, call in module.calls()
        if name.split(".")[-1] == "armed"
    ]
    assert not wrong, "\n".join(wrong)
