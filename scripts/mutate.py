"""Change the physics, one operator or number at a time, and see whether a test fails.

    python scripts/mutate.py --number 300 --seed 1 --out mutants.json

Mutants are drawn from ``src/nudipole`` at random: factors, signs, exponents, comparisons, indices, dropped terms. Each is
tried in a copy of the tree with the doctests of its module and the tests that mirror it (``tests/a/b/test_c.py`` for
``src/nudipole/a/b/c.py``, else the tests of its folder); what survives is tried again with every test of its chapter.
A set of tests counts only if it passes without the mutant, which is tried first. A run that is interrupted goes on where
it stopped. ``--modules GLOB`` restricts the draw, ``--show`` prints the mutants without running them.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "nudipole"
#: No physics: text in and out, drawing, bookkeeping.
LEFT_OUT = ("cli", "compilation", "plot", "explorer", "bibliography", "__init__.py", "__main__.py", "errors.py")
SWAP_BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SWAP_COMPARE = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


@dataclass(frozen=True)
class Mutant:
    """One change: where, of which kind, what stands there and what stands there instead."""

    module: str
    line: int
    kind: str
    before: str
    after: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every single change of this node: (kind, the node that replaces it)."""
    if isinstance(node, ast.BinOp):
        if type(node.op) in SWAP_BINARY:
            new = copy.deepcopy(node)
            new.op = SWAP_BINARY[type(node.op)]()
            yield ("sign" if isinstance(node.op, (ast.Add, ast.Sub)) else "factor"), new
        if isinstance(node.op, (ast.Add, ast.Sub)):
            yield "dropped term", copy.deepcopy(node.left)
        if (
            isinstance(node.op, ast.Pow)
            and isinstance(node.right, ast.Constant)
            and isinstance(node.right.value, (int, float))
        ):
            new = copy.deepcopy(node)
            new.right = ast.Constant(node.right.value + 1)
            yield "exponent", new
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
        yield "sign", copy.deepcopy(node.operand)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in SWAP_COMPARE:
        new = copy.deepcopy(node)
        new.ops = [SWAP_COMPARE[type(node.ops[0])]()]
        yield "comparison", new
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
        new = copy.deepcopy(node)
        new.slice = ast.Constant(node.slice.value + 1 if node.slice.value >= 0 else node.slice.value - 1)
        yield "index", new
    elif isinstance(node, ast.Constant) and isinstance(node.value, float) and node.value not in (0.0,):
        yield "factor", ast.Constant(node.value * 1.1)


def _skipped(tree: ast.AST) -> set[int]:
    """Ids of nodes that are no physics: annotations, docstrings, defaults of keywords of checks, messages."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [
                node.returns,
                *(a.annotation for a in [*node.args.args, *node.args.kwonlyargs]),
                *node.decorator_list,
            ]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, (ast.Raise, ast.JoinedStr, ast.ImportFrom, ast.Import)):
            parts = [node]
        for part in parts:
            if part is not None:
                skipped |= {id(inner) for inner in ast.walk(part)}
    return skipped


def mutants_of(path: Path) -> Iterator[tuple[Mutant, str]]:
    """Every mutant of one module with the text of the mutated module."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    skipped = _skipped(tree)
    lines = text.encode().splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    raw = text.encode()
    for node in ast.walk(tree):
        if id(node) in skipped or not hasattr(node, "lineno"):
            continue
        first, last = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        for kind, new in changes(node):
            after = f"({ast.unparse(new)})"
            mutated = (raw[:first] + after.encode() + raw[last:]).decode()
            try:
                ast.parse(mutated)
            except SyntaxError:
                continue
            module = path.relative_to(SOURCE).as_posix()
            yield Mutant(module, node.lineno, kind, raw[first:last].decode(), after), mutated


def tests_of(module: str) -> list[list[str]]:
    """Sets of tests to try one after the other: the mirrored ones, then those of the chapter."""
    path = Path(module)
    mirrored = ROOT / "tests" / path.parent / f"test_{path.stem}.py"
    folder = ROOT / "tests" / path.parent
    near = [mirrored] if mirrored.exists() else [folder] if folder.exists() and path.parent.parts else []
    doctests = f"src/nudipole/{module}"
    chapter = ROOT / "tests" / (path.parts[0] if len(path.parts) > 1 else f"test_{path.stem}.py")
    far = [p for p in (chapter, ROOT / "tests" / "test_portal.py", ROOT / "tests" / "catalogue") if p.exists()]
    relative = [[p.relative_to(ROOT).as_posix() for p in group] for group in (near, far)]
    return [[doctests, *relative[0]], relative[1]]


def run(tree: Path, tests: list[str], seconds: float) -> str:
    """How these tests end in this copy of the tree: passed, failed, timed out, or not run (a fault of the call)."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        result = subprocess.run(command, cwd=tree, capture_output=True, timeout=seconds, env=environment, check=False)
    except subprocess.TimeoutExpired:
        return "timed out"
    return {0: "passed", 1: "failed", 2: "failed", 5: "passed"}.get(result.returncode, "not run")


class Judge:
    """Runs sets of tests in one copy of the tree, and trusts only those that pass without a mutant."""

    def __init__(self, tree: Path, seconds: float) -> None:
        self.tree, self.seconds = tree, seconds
        self.sound: dict[tuple[str, ...], bool] = {}

    def passes_without(self, tests: list[str]) -> bool:
        """Whether these tests pass as they are; said once if not."""
        key = tuple(tests)
        if key not in self.sound:
            self.sound[key] = run(self.tree, tests, self.seconds) == "passed"
            if not self.sound[key]:
                print(f"LEFT OUT, fail without a mutant: {' '.join(tests)}", flush=True)
        return self.sound[key]

    def verdict(self, mutant: Mutant, text: str) -> str:
        """mirrored, chapter (which tests fail), timed out, or survived."""
        target = self.tree / "src" / "nudipole" / mutant.module
        kept = target.read_text(encoding="utf-8")
        for step, tests in zip(("mirrored", "chapter"), tests_of(mutant.module), strict=True):
            if not tests or not self.passes_without(tests):
                continue
            target.write_text(text, encoding="utf-8")
            ended = run(self.tree, tests, self.seconds)
            target.write_text(kept, encoding="utf-8")
            if ended != "passed":
                return step if ended == "failed" else ended
        return "survived"


def main() -> None:
    """Draw, try, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--modules", default="**/*.py", help="glob below src/nudipole")
    parser.add_argument("--seconds", type=float, default=600.0, help="time limit of one set of tests")
    parser.add_argument("--out", type=Path, default=Path("mutants.json"))
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    modules = [
        p
        for p in sorted(SOURCE.glob(options.modules))
        if p.relative_to(SOURCE).parts[0] not in LEFT_OUT and p.name != "__init__.py"
    ]
    everything = [found for path in modules for found in mutants_of(path)]
    drawn = random.Random(options.seed).sample(everything, min(options.number, len(everything)))
    if options.show:
        for mutant, _ in drawn:
            print(mutant)
        return
    results = json.loads(options.out.read_text(encoding="utf-8")) if options.out.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignore = shutil.ignore_patterns(".git", ".venv", "out", "_build", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, tree, ignore=ignore)
        judge = Judge(tree, options.seconds)
        done = {tuple(r[k] for k in asdict(drawn[0][0])) for r in results}
        for number, (mutant, text) in enumerate(drawn, 1):
            if tuple(asdict(mutant).values()) in done:
                continue
            verdict = judge.verdict(mutant, text)
            results.append({**asdict(mutant), "killed_by": verdict})
            print(
                f"[{number}/{len(drawn)}] {verdict}: {mutant.module}:{mutant.line} {mutant.kind}: "
                f"{mutant.before} -> {mutant.after}",
                flush=True,
            )
            options.out.write_text(json.dumps(results, indent=1), encoding="utf-8")
    dead = sum(r["killed_by"] in ("mirrored", "chapter", "timed out") for r in results)
    print(f"{dead} of {len(results)} mutants killed ({100 * dead / len(results):.1f} %)")


if __name__ == "__main__":
    main()
