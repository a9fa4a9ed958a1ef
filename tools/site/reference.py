"""Reference pages, from what the program itself knows: commands, the API, keys of files.

In:  the commands, the docstrings of `ganglion`, the JSON Schemas.
Out: Markdown.
Never: says something that the program does not.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import click

import ganglion
from ganglion.cli.main import load
from ganglion.cli.verbs import GROUPS
from ganglion.frontends.feagi.schema import genome_schema
from ganglion.robot.file import robot_schema
from ganglion.robot.world import world_schema


def commands() -> str:
    """Every verb with its arguments, options and examples."""
    parts = [
        "# Commands\n\nAs `ganglion VERB --help` tells them. Exit codes: 0 ok, 1 error, 2 usage, "
        "3 no device, 4 mismatch, 5 does not fit, 130 interrupted. Every verb takes `-q`, `-v`, "
        "`--strict` and `--help`.\n"
    ]
    for group, verbs in GROUPS.items():
        parts.append(f"## {group}\n")
        for verb in verbs:
            parts += _command(load(verb.name), f"ganglion {verb.name}", 3)
    return "\n".join(parts)


def _command(command: click.Command, name: str, level: int) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f"{'#' * level} {name}\n"
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExamples:\n")
    yield _escaped(text.replace("\b", "").strip()) + "\n"
    if examples.strip():
        yield f"```sh\n{inspect.cleandoc(examples)}\n```\n"
    yield f"```\n{_usage(command, context)}\n```\n"
    rows = [
        record
        for param in command.params
        if isinstance(param, click.Option)
        and not {"--quiet", "--verbose", "--strict"} & set(param.opts)
        and (record := param.get_help_record(context))
    ]
    if rows:
        yield "| option | |\n|---|---|"
        yield from (
            f"| `{_cell(words.replace('|', '/'))}` | {_escaped(_cell(about))} |"
            for words, about in rows
        )
        yield ""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _command(below, f"{name} {below.name}", level + 1)


def _usage(command: click.Command, context: click.Context) -> str:
    return f"{context.info_name} {' '.join(command.collect_usage_pieces(context))}"


def api() -> str:
    """Every public name with its signature and docstring."""
    parts = [
        "# The API, name by name\n\n`import ganglion` offers these and promises no others; "
        "[Ganglion in Python](../api.md) tells them in order.\n"
    ]
    for name in ganglion.__all__:
        thing = getattr(ganglion, name)
        parts.append(f"## {name}\n")
        if inspect.isclass(thing):
            parts += _class(thing)
        else:
            parts += _function(name, thing)
    return "\n".join(parts)


def _function(name: str, thing: Any) -> Iterator[str]:
    yield f"```python\n{name}{_signature(thing)}\n```\n"
    yield _escaped(inspect.getdoc(thing) or "") + "\n"


def _class(thing: type) -> Iterator[str]:
    yield _escaped(inspect.getdoc(thing) or "") + "\n"
    for name, member in vars(thing).items():
        if name.startswith("_"):
            continue
        target = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        target = getattr(target, "fget", None) or getattr(target, "func", target)
        about = inspect.getdoc(target) if inspect.isfunction(target) else None
        if about:
            call = _signature(target) if inspect.isfunction(member) else ""
            yield f"- `{name}{call}`: {_escaped(' '.join(about.split()))}"
    yield ""


def _signature(thing: Any) -> str:
    text = str(inspect.signature(thing))
    text = re.sub(r"\bganglion(\.\w+)+\.(\w+)", r"\2", text)
    return re.sub(r"'([^']*)'", r"\1", text)


def genome() -> str:
    """The keys of a genome that are read."""
    schema = genome_schema()
    parts = [
        "# Keys of a genome\n\nWhat is read of a FEAGI genome; other keys have no effect, and "
        "`ganglion lint` names them. The JSON Schema: `ganglion schema genome`. Below are the keys "
        "of the hierarchical layout; the flat one has the same fields under FEAGI's short names.\n",
        "## The file\n", *_table(schema, schema),
    ]  # fmt: skip
    for name, about in schema["$defs"].items():
        parts += [f"## {name}\n", _escaped(about.get("description", "")) + "\n"]
        parts += _table(about, schema)
    return "\n".join(parts)


def robot_file() -> str:
    """The keys of a robot file and of a world."""
    parts = ["# The robot file\n\nTOML. [A robot](../robot.md) tells it with an example.\n"]
    for title, schema in (("Robot", robot_schema()), ("World", world_schema())):
        parts += [f"## {title}\n", _escaped(schema.get("description", "")) + "\n"]
        parts += _table(schema, schema)
        for name, about in schema.get("$defs", {}).items():
            parts += [f"### {name}\n", _escaped(about.get("description", "")) + "\n"]
            parts += _table(about, schema)
    return "\n".join(parts)


def _table(about: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    keys = about.get("properties")
    if not keys:
        return
    required = set(about.get("required", ()))
    yield "| key | type | default | |\n|---|---|---|---|"
    for name, key in keys.items():
        default = (
            "required" if name in required else f"`{key['default']!r}`" if "default" in key else ""
        )
        yield (
            f"| `{name}` | {_cell(_type(key))} | {_cell(default)} | "
            f"{_escaped(_cell(key.get('description', '')))} |"
        )
    yield ""


def _type(key: dict[str, Any]) -> str:
    if "$ref" in key:
        return str(key["$ref"]).rpartition("/")[2]
    if "enum" in key or "const" in key:
        return ", ".join(f"`{value}`" for value in key.get("enum", [key.get("const")]))
    if "anyOf" in key:
        some = [_type(one) for one in key["anyOf"] if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(some))
    if key.get("type") == "array":
        return f"list of {_type(key.get('items', {})) or 'anything'}"
    return str(key.get("type", ""))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _escaped(text: str) -> str:
    """No HTML, and no link, by accident: <, [ and * outside of `code`."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\[*_])", r"\\\1", part).replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


PAGES = {
    "reference/cli.md": commands,
    "reference/api.md": api,
    "reference/genome.md": genome,
    "reference/robot_file.md": robot_file,
}
