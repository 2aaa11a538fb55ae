"""Write ``docs/reference/``: every command, every setting, and what may be imported.

    python docs/make_reference.py

All of it is read from the source: help pages, settings with the sentences below them, signatures
with their docstrings. ``reference_contents.py`` says which. No library that runs models is loaded.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from reference_contents import PYTHON, SETTINGS

import semeval_humor
from semeval_humor.cli.main import cli
from semeval_humor.configs import Settings
from semeval_humor.schema import Lang

REFERENCE = Path(__file__).parent / "reference"
PACKAGE = Path(semeval_humor.__file__).parent
WIDTH = 98
MADE = "<!-- Made by docs/make_reference.py; do not edit. -->\n"


def main() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
        click.echo(f"docs/reference/{name}: {len(text.splitlines())} lines")


def pages() -> dict[str, str]:
    """Text of each page by the name of its file."""
    return {
        "commands.md": "\n".join(commands_page()),
        "settings.md": "\n".join(settings_page()),
        "python.md": "\n".join(python_page()),
    }


def contents(titles: Mapping[str, str]) -> Iterator[str]:
    """A list of links to headings, each with what it is about."""
    for title, about in titles.items():
        yield f"- [{title}](#{anchor(title)})" + (about and f": {about}")
    yield ""


def anchor(title: str) -> str:
    """Where a heading of Markdown is found within its page."""
    kept = "".join(each for each in title.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


# Commands


def commands_page() -> Iterator[str]:
    """The help page of every command, in the order in which a team needs them."""
    settings = {**cli.context_settings, "terminal_width": WIDTH}
    root = click.Context(cli, info_name="semeval-humor", **settings)
    found = {each.command_path: each for each in contexts(root)}
    yield MADE
    yield "# Commands\n"
    yield "What `--help` says. Results go to standard output, all else to standard error.\n"
    yield from contents({path: at.command.get_short_help_str(WIDTH) for path, at in found.items()})
    for path, context in found.items():
        yield f"## {path}\n"
        yield f"```text\n{context.get_help()}\n```\n"


def contexts(context: click.Context) -> Iterator[click.Context]:
    """A command as it is called, and all below it."""
    yield context
    if isinstance(context.command, click.Group):
        for name, command in context.command.commands.items():
            yield from contexts(click.Context(command, parent=context, info_name=name))


# Settings


def settings_page() -> Iterator[str]:
    """A table of the settings of every file."""
    yield MADE
    yield "# Settings\n"
    yield "Every setting of every TOML file. A misspelt key is an error, never a silent default.\n"
    yield from contents({title: "" for title, _ in SETTINGS.values()})
    for kind, (title, place) in SETTINGS.items():
        yield f"## {title}\n"
        more = [
            f"With everything of {linked(each)}." for each in kind.__bases__ if each in SETTINGS
        ]
        yield " ".join([place, *more]) + "\n"
        yield f"{inspect.getdoc(kind)}\n"
        yield "| setting | type | default | meaning |\n|---|---|---|---|"
        meanings = meanings_of(kind)
        for name in inspect.get_annotations(kind):
            field = kind.model_fields[name]
            cells = (f"`{name}`", type_of(field), default_of(field), meanings.get(name, ""))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        yield ""


def linked(kind: type[Settings]) -> str:
    """A link to the table of a class."""
    title = SETTINGS[kind][0]
    return f"[{title}](#{anchor(title)})"


def meanings_of(kind: type[Settings]) -> dict[str, str]:
    """What stands below each setting in the source."""
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node, below in pairwise(tree.body):
        match node, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(text))):
                found[name] = " ".join(text.split())
    return found


WORDS: Mapping[Any, str] = {
    **{str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"},
    **{Any: "settings"},
}
KEYS = {Lang: "language"}


def type_of(field: FieldInfo) -> str:
    """The type of a setting in plain words, with its bounds."""
    return in_words(field.annotation, field.metadata)


def in_words(kind: Any, metadata: Sequence[Any] = ()) -> str:
    """A type in plain words, with the bounds that belong to it."""
    inner = [each for each in get_args(kind) if each is not NoneType]
    match get_origin(kind):
        case origin if origin in (Union, UnionType):
            found = " or ".join(in_words(each) for each in inner)
        case origin if origin is Annotated:
            return in_words(inner[0], [*inner[1:], *metadata])
        case origin if origin is Literal:
            found = one_of(inner)
        case origin if origin in (tuple, list):
            found = f"list of {many(inner[0])}"
        case origin if origin is not None:
            found = f"table of {many(inner[1])} by {KEYS.get(inner[0], 'name')}"
        case _ if isinstance(kind, type) and issubclass(kind, Enum):
            found = one_of([each.value for each in kind])
        case _:
            found = linked(kind) if kind in SETTINGS else WORDS[kind]
    return ", ".join([found, *bounds(metadata)])


def many(kind: Any) -> str:
    """A type in plain words, in the plural."""
    return re.sub(r"^(path|number|whole number)\b", r"\1s", in_words(kind))


def one_of(values: Sequence[object]) -> str:
    """Values to choose from."""
    return ", ".join(f"`{toml(value)}`" for value in values)


BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "at least"}


def bounds(metadata: Sequence[Any]) -> Iterator[str]:
    """What a value must keep to, in words."""
    for each in metadata:
        for name, words in BOUNDS.items():
            if (bound := getattr(each, name, None)) is not None:
                yield f"{words} {bound:,}"
        if pattern := getattr(each, "pattern", None):
            yield f"matching `{pattern}`"


def default_of(field: FieldInfo) -> str:
    """What holds where a setting is left out."""
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "**required**"
    if value is None:
        return "none"
    return "as there" if isinstance(value, Settings) else f"`{toml(value)}`"


def toml(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case str() | Path():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(toml, value))}]"
    return str(value)


# Python


def python_page() -> Iterator[str]:
    """Signatures and docstrings, as the source has them."""
    yield MADE
    yield "# Python\n"
    yield "What may be imported; all else may change with any version. Classes of settings stand in"
    yield "[settings.md](settings.md): `checked(KIND, read_toml(path), str(path))` makes one.\n"
    yield from contents({each: ", ".join(f"`{m}`" for m in PYTHON[each]) for each in PYTHON})
    for chapter, modules in PYTHON.items():
        yield f"## {chapter}\n"
        for module, names in modules.items():
            tree, found = definitions(f"semeval_humor.{module}")
            yield f"### semeval_humor.{module}\n"
            yield f"{ast.get_docstring(tree)}\n"
            yield "```python"
            yield "\n\n\n".join(found[name] for name in names.split() or found)
            yield "```\n"


def definitions(module: str) -> tuple[ast.Module, dict[str, str]]:
    """A module, and the outlines of the public functions and classes that it offers."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    found = {}
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if name[0] != "_":
                found[name] = "\n".join(outline(node, source.splitlines()))
            case ast.ImportFrom(module=str(origin), names=names) if path.name == "__init__.py":
                inner = definitions(origin)[1]
                found |= {each.name: inner[each.name] for each in names}
    return tree, found


def outline(node: ast.FunctionDef | ast.ClassDef, lines: Sequence[str]) -> Iterator[str]:
    """Lines of a definition, without what its functions do."""
    for decorator in node.decorator_list:
        if ast.unparse(decorator).partition("(")[0] in KEPT:
            yield lines[decorator.lineno - 1]
    documented = ast.get_docstring(node) is not None
    first, before = node.body[0], node.body[0]
    head = lines[node.lineno - 1 : first.end_lineno if documented else first.lineno - 1]
    bare = isinstance(node, ast.FunctionDef) and not documented
    yield from (*head[:-1], head[-1] + " ..." if bare else head[-1])
    for each in node.body[documented:] if isinstance(node, ast.ClassDef) else ():
        match each:
            case ast.FunctionDef(name=name) if name[0] != "_" or name in ("__init__", "__call__"):
                yield from ("", *outline(each, lines))
            case ast.Assign() | ast.AnnAssign() | ast.Expr():
                yield from [""] if before is first else []
                yield from lines[each.lineno - 1 : each.end_lineno]
        before = each


KEPT = {"dataclass", "property", "classmethod", "staticmethod"}
"""Decorators that say how something is used."""


if __name__ == "__main__":
    main()
