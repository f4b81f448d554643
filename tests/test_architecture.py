"""The layout is a test: imports point one way, steps in order, files and functions small, names our own."""

import ast
import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("flows", "tasks", "datasets_cfg", "judges", "warehouse")
MAY_IMPORT = {
    "datasets_cfg": set(),
    "judges": set(),
    "warehouse": set(),
    "tasks": {"datasets_cfg", "judges", "warehouse"},
    "flows": {"tasks", "datasets_cfg", "judges", "warehouse"},
}
# Inside tasks/ no step imports a later one. A name stands for its file or folder.
STEPS = [
    "schema",
    "languages",
    "secret",
    "model_terms",
    "suite",
    "runs",
    "owner",
    "lease",
    "rows",
    "contexts",
    "load",
    "prompt",
    "plan",
    "gpu_plan",
    "engines",
    "parallel",
    "thinking",
    "journal",
    "generate",
    "digits",
    "folding",
    "number_words",
    "numerals",
    "number_signs",
    "number_tails",
    "numbers",
    "spelled",
    "answer_words",
    "payloads",
    "labels",
    "extract_math",
    "choice_words",
    "extract_choice",
    "extract_label",
    "extract",
    "match",
    "gold",
    "scripts",
    "han",
    "identifiers",
    "lexicon",
    "language_id",
    "english_runs",
    "mask",
    "foreign_sentences",
    "codeswitch",
    "text_damage",
    "datacheck",
    "metrics",
    "consistency",
    "stats",
    "score",
    "score_rows",
    "budget",
    "judge",
    "preflight",
    "asking",
    "lpr",
    "selftest",
    "calibrate",
    "annotate",
    "land",
    "land_experts",
    "land_selftest",
    "land_judge",
    "progress",
    "observe",
    "stale",
    "rescore",
    "judge_stored",
    "probing",
    "land_probes",
    "rejudge",
    "hearing",
    "judge_rates",
    "shard",
    "placement",
    "finish",
    "dispatch",
    "pools",
    "quantities",
    "policy_conflicts",
    "policy",
    "gate_rules",
    "gate_read",
    "gate_quantities",
    "gate_weigh",
    "gate_corpus",
    "gate_judge",
    "gate_measured",
    "gate_fingerprints",
    "gate_cells",
    "gate_sides",
    "gate_facts",
    "gate_evidence",
    "gate_examples",
    "gate_blocks",
    "gate",
    "gate_outputs",
    "land_gate",
    "compare_facts",
    "compare_duel",
    "compare",
    "compare_outputs",
    "watch",
    "gate_looks",
    "news",
    "notify",
    "night",
    "doctor",
    "peers",
    "export",
    "report",
    "compare_page",
]
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
MAX_LINES, MAX_FUNCTION = 300, 40


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in _imports(path)} & set(PACKAGES)
    assert ours - {package} <= MAY_IMPORT[package]


def _step(module: str) -> int | None:
    parts = module.split(".")
    return STEPS.index(parts[1]) if len(parts) > 1 and parts[0] == "tasks" and parts[1] in STEPS else None


@pytest.mark.parametrize("path", sorted((ROOT / "tasks").rglob("*.py")), ids=_id)
def test_no_step_imports_a_later_one(path: Path) -> None:
    own = _step(".".join(path.relative_to(ROOT).with_suffix("").parts))
    later = [name for name in _imports(path) if own is not None and (_step(name) or 0) > own]
    assert not later


def test_every_step_has_its_place() -> None:
    files = (path.relative_to(ROOT / "tasks").parts[0] for path in (ROOT / "tasks").rglob("*.py"))
    assert sorted(STEPS) == sorted({name.removesuffix(".py") for name in files} - {"__init__"})


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if _lines(f) > MAX_FUNCTION] == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Without the docstring, which may tell of sources and assumptions at length."""
    said = function.body[0] if ast.get_docstring(function) is not None else None
    docstring = 0 if said is None else (said.end_lineno or 0) - said.lineno + 1
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


@pytest.mark.parametrize("path", SOURCES, ids=_id)
def test_every_module_says_what_it_does(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_file_of_leftovers() -> None:
    assert not [path for path in SOURCES if path.stem in {"utils", "util", "common", "helpers", "misc"}]


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("*.py")), ids=_id)
def test_no_flow_file_hides_a_library_or_defines_a_class(path: Path) -> None:
    # Prefect puts flows/ first on the path, and loads a flow file a second time under another name.
    assert path.stem not in sys.stdlib_module_names
    if path.stem not in {"__init__", "cli"}:
        assert importlib.util.find_spec(path.stem) is None
        assert not [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_name_is_ours(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_the_environment_is_read_at_the_top_only() -> None:
    offenders = [
        _id(path)
        for path in SOURCES
        if path.relative_to(ROOT).parts[0] != "flows" and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert offenders == []
