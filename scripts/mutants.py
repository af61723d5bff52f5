"""The changes that scripts/mutation.py makes to code: one small mistake each, as a person might
make it.

Left alone, since a change there breaks no behaviour or none that can be tested: annotations,
docstrings, decorators, the words of messages (texts with blanks, and f-strings), what runs for the
type checker alone, and `raise NotImplementedError`.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATIONS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
FUNCTIONS: Final = {"any": "all", "all": "any", "min": "max", "max": "min", "sorted": "list"}
LONGEST: Final = 90  # characters of code in a line about a mutant


class Mutant(NamedTuple):
    """One change: where it is, and what replaces the text between two offsets."""

    path: Path
    line: int
    lines: range
    """The statement's lines: a test that ran none of them cannot notice."""
    begin: int
    end: int
    before: str
    after: str
    number: int = 1
    """Which of those of the module that look the same, from the top."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.change}"

    @property
    def change(self) -> str:
        """What becomes of what: within its module a name that holds when lines move."""
        again = f"  (#{self.number})" if self.number > 1 else ""
        return f"{_short(self.before)}  ->  {_short(self.after)}{again}"

    def put_into(self, source: str) -> str:
        """The module's text with the change made; the lines behind it keep their numbers."""
        lost = source[self.begin : self.end].count("\n")
        text = self.after if _is_statement(self.after) else f"({self.after}{chr(10) * lost})"
        return source[: self.begin] + text + source[self.end :]


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _is_statement(code: str) -> bool:
    changed = ast.parse(code).body[0]
    return not isinstance(changed, ast.Expr)


def mutants(path: Path, source: str) -> list[Mutant]:
    """Every change of a module, in the order of its text."""
    seen: Counter[str] = Counter()
    found: list[Mutant] = []
    for mutant in _Changes(path, source).of(ast.parse(source)):
        seen[mutant.change] += 1
        found.append(mutant._replace(number=seen[mutant.change]))
    return found


class _Changes:
    """Walks a module and knows which statement it is in."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.lines = source.splitlines(keepends=True)

    def of(self, node: ast.AST, statement: ast.stmt | None = None) -> Iterator[Mutant]:
        if isinstance(node, ast.stmt):
            statement = node
        if statement is not None:
            for after in changes(node):
                yield self._mutant(node, after, statement)
            condition = _condition(node)
            if condition is not None and _is_plain(condition):
                yield self._mutant(condition, _not(condition), statement)
        for child in _parts(node):
            yield from self.of(child, statement)

    def _mutant(self, node: ast.AST, after: ast.AST, statement: ast.stmt) -> Mutant:
        assert isinstance(node, (ast.expr, ast.stmt))  # noqa: S101 - only these are changed
        last = node.end_lineno or node.lineno
        return Mutant(
            self.path,
            node.lineno,
            range(statement.lineno, last + 1),
            self._offset(node.lineno, node.col_offset),
            self._offset(last, node.end_col_offset or 0),
            ast.unparse(node),
            ast.unparse(after),
        )

    def _offset(self, line: int, column: int) -> int:
        """The place in the text: the parser counts columns in bytes of UTF-8."""
        before = sum(len(each) for each in self.lines[: line - 1])
        return before + len(self.lines[line - 1].encode()[:column].decode())


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """What is worth changing within a node."""
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Global() | ast.Nonlocal():
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from node.args.defaults
            yield from (each for each in node.args.kw_defaults if each is not None)
            yield from node.body
        case ast.ClassDef():
            yield from node.body
        case ast.AnnAssign():
            yield from () if node.value is None else (node.value,)
        case ast.If() if _name(node.test) == "TYPE_CHECKING":
            yield from node.orelse
        case ast.Raise() if _name(node.exc) == "NotImplementedError":
            return
        case ast.Expr(value=ast.Constant()) | ast.Assign(targets=[ast.Name(id="__all__")]):
            return  # a docstring, or names
        case ast.Subscript(value=ast.Name(id=name)) if name[:1].isupper() and not name.isupper():
            return  # a type
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "NewType")):
            yield from node.args[1:]
        case _:
            yield from ast.iter_child_nodes(node)


def _name(node: ast.AST | None) -> str:
    match node:
        case ast.Call():
            return _name(node.func)
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case _:
            return ""


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may become."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                changed = copy.deepcopy(node)
                changed.ops[index] = COMPARISONS[type(operator)]()
                yield changed
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for left_out in node.values:
                left = [value for value in node.values if value is not left_out]
                yield left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
        case ast.UnaryOp() | ast.BinOp():
            yield from _operations(node)
        case ast.Constant():
            yield from _constants(node.value)
        case ast.Call():
            yield from _calls(node)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            yield from _unfiltered(node)
        case ast.stmt():
            yield from _statements(node)
        case _:
            return


def _condition(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            return None if _name(test) == "TYPE_CHECKING" else test
        case _:
            return None


def _is_plain(test: ast.expr) -> bool:
    """Whether no change within the condition is its negation already."""
    return not isinstance(test, ast.Compare) and not (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _operations(node: ast.UnaryOp | ast.BinOp) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp):
        if type(node.op) in OPERATIONS:
            yield ast.BinOp(node.left, OPERATIONS[type(node.op)](), node.right)
    elif isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value and not any(map(str.isspace, value)):
        yield ast.Constant(f"{value}X")


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = _name(node.func)
    if (
        isinstance(node.func, ast.Name)
        and name in FUNCTIONS
        and not (name == "sorted" and node.keywords)
    ):
        yield ast.Call(ast.Name(FUNCTIONS[name]), node.args, node.keywords)
    if name[:1].islower():
        for left_out in node.keywords:
            if left_out.arg is not None and not isinstance(left_out.value, ast.Constant):
                left = [each for each in node.keywords if each is not left_out]
                yield ast.Call(node.func, node.args, left)


def _unfiltered(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp,
) -> Iterator[ast.AST]:
    for at, loop in enumerate(node.generators):
        for index in range(len(loop.ifs)):
            changed = copy.deepcopy(node)
            del changed.generators[at].ifs[index]
            yield changed


def _statements(node: ast.stmt) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Raise() if _name(node.exc) != "NotImplementedError":
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.AugAssign() if type(node.op) in OPERATIONS:
            yield ast.AugAssign(node.target, OPERATIONS[type(node.op)](), node.value)
        case _:
            return
