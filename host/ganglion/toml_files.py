"""TOML files: the text of a board, a robot, a room or a sweep, as a table or as its model.

In:  a path, or a text and its name; the model; the error of who asks.
Out: a table; an instance of the model.
Never: a field that the model does not know; an error of the parser's own.
"""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .errors import GanglionError

Model = TypeVar("Model", bound=BaseModel)


def read_text(path: Path, kind: str, error: type[GanglionError], absent: str) -> str:
    """The text of a file. `absent`: what to do where there is none. Raises `error`."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as failed:
        raise error(f"{path} cannot be read ({failed.strerror})", absent) from None
    except UnicodeDecodeError:
        raise error(f"{path} is not UTF-8 text", f"give a {kind} file in TOML") from None


def table(text: str, name: str, kind: str, error: type[GanglionError]) -> dict[str, Any]:
    """The keys and values of the text. Raises `error`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as failed:
        raise error(f"{name} is not TOML ({failed})", "correct it there") from None
    except RecursionError:
        raise error(f"{name} is nested too deeply", f"a {kind} file is three levels deep") from None


def parse(
    text: str, name: str, kind: str, model: type[Model], error: type[GanglionError], fields: str
) -> Model:
    """What the text describes. `fields`: where each field is explained. Raises `error`."""
    try:
        return model.model_validate(table(text, name, kind, error))
    except ValidationError as failed:
        first = failed.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        reason = first["msg"].removeprefix("Value error, ")
        raise error(f"{name}: {place}: {reason[:1].lower()}{reason[1:]}", fields) from None
