"""Write docs/review.md from docs/review.toml: every statement of the review, the call that produces it, and both values.

    python scripts/review_page.py            the page, from the values in the table
    python scripts/review_page.py --update   evaluate every call and formula first, and write their values into the table

A statement has a ``call`` and, where the review prints a formula or a number, that as a ``formula``; the last line of each is an
expression. ``here`` and ``review`` are their values as shown. ``agree`` is how close they must be (relative), ``differ`` how far apart
they must be where the review is wrong. tests/test_review_page.py evaluates them all.
"""

from __future__ import annotations

import argparse
import ast
import tomllib
import warnings
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
TABLE, PAGE = DOCS / "review.toml", DOCS / "review.md"
FIELDS = ("id", "kind", "what", "printed", "formula", "call", "agree", "differ", "here", "review", "note", "slow")
SECTIONS = {
    "equation": "Equations",
    "number": "Numbers in the text",
    "claim": "Statements that need a word",
    "table": "Table 1",
    "curve": "Curves of the figures",
    "experiment": "Experiments",
}
INTRODUCTION = """# The review, line by line

Every equation, number, curve, experiment and table row of {cite}`Kang:2025ndp` with the call that produces it, its value, and what the review
prints, evaluated where it is a formula. Where they disagree a word says why; the [errata](errata.md) have the derivations. Written by
`scripts/review_page.py` from `review.toml`; every call is run in the tests and gives the value shown.
"""


def load(path: Path = TABLE) -> tuple[str, list[dict[str, Any]]]:
    """The preamble and the statements."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return data["preamble"], data["statement"]


def namespace(preamble: str) -> dict[str, Any]:
    """What the calls see."""
    names: dict[str, Any] = {}
    exec(compile(preamble, "review.toml: preamble", "exec"), names)
    return names


def evaluate(code: str, names: dict[str, Any]) -> Any:
    """The value of the last line."""
    *body, last = ast.parse(code).body
    own = dict(names)
    exec(compile(ast.Module(body, []), "review.toml", "exec"), own)
    if not isinstance(last, ast.Expr):
        raise TypeError(f"the last line must be an expression: {code}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(compile(ast.Expression(last.value), "review.toml", "eval"), own)


def shown(value: Any) -> str:
    """A value in three digits, or as text."""
    return str(value) if isinstance(value, (str, bool)) else f"{float(value):.3g}"


def updated(statement: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """A statement with its values computed."""
    found = statement | {"here": shown(evaluate(statement["call"], names))}
    return found | ({"review": shown(evaluate(statement["formula"], names))} if "formula" in statement else {})


def toml(preamble: str, statements: list[dict[str, Any]]) -> str:
    """The table as text."""
    lines = [
        "# statements of arXiv:2510.18181 with the calls that produce them: scripts/review_page.py\n",
        "preamble = '''",
    ]
    lines += [preamble.strip() + "\n'''"]
    for statement in statements:
        lines.append("\n[[statement]]")
        lines += [f"{field} = {_toml(statement[field])}" for field in FIELDS if field in statement]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if "\n" in value:
        return f"'''\n{value}'''"
    return f"'''{value}'''" if "'" in value else f"'{value}'"


def page(preamble: str, statements: list[dict[str, Any]]) -> str:
    """The page as Markdown."""
    parts = [INTRODUCTION, f"```python\n{preamble.strip()}\n```\n"]
    for kind, title in SECTIONS.items():
        rows = [_row(statement) for statement in statements if statement["kind"] == kind]
        parts.append(
            f"## {title}\n\n| where | what | review | here | | call |\n|---|---|---|---|---|---|\n"
            + "\n".join(rows)
            + "\n"
        )
    return "\n".join(parts)


def _row(statement: dict[str, Any]) -> str:
    where = f"({statement['id']})" if statement["kind"] == "equation" else statement["id"]
    printed, value = statement.get("printed", ""), statement.get("review", "")
    review = (
        f"{printed}: {value}" if printed and value and not printed.strip("~").startswith(value) else printed or value
    )
    verdict = "agrees" if "agree" in statement else "**differs**" if "differ" in statement else ""
    if statement["kind"] in ("curve", "experiment") and value:
        verdict = f"{float(statement['here']) / float(value):.2f} of it"
    remark = "; ".join(text for text in (verdict, statement.get("note", "")) if text)
    call = "; ".join(line for line in statement["call"].strip().splitlines())
    cells = (where, statement["what"], review, statement["here"], remark)
    return (
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} | `{call.replace('|', chr(92) + '|')}` |"
    )


def main() -> None:
    """Write the page, and with ``--update`` the values first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--update", action="store_true", help="evaluate every call")
    arguments = parser.parse_args()
    preamble, statements = load()
    if arguments.update:
        names = namespace(preamble)
        statements = [updated(statement, names) for statement in statements]
        TABLE.write_text(toml(preamble, statements), encoding="utf-8")
    PAGE.write_text(page(preamble, statements), encoding="utf-8")


if __name__ == "__main__":
    main()
