"""Options that name a file to be written, asked for its place before any work begins.

In:  a word of the command line.
Out: a Path that can be written.
Never: leaves anything behind where it asked; takes an empty word for the current directory.
"""

from collections.abc import Sequence
from pathlib import Path

import rich_click as click

from ...api.files import check_output
from ...errors import UsageError


class OutputFile(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """The type of every option and argument that names an output.

    `suffixes`: what the name may end in; `new`: it must not exist yet; `stem`: whoever writes
    gives it an ending first, and asks for the place of that.
    """

    name = "path"

    def __init__(
        self, suffixes: Sequence[str] = (), *, new: bool = False, stem: bool = False
    ) -> None:
        self.suffixes, self.new, self.stem = tuple(suffixes), new, stem

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Raises UsageError or GanglionError, as api.files.check_output does."""
        if isinstance(value, Path):
            return value
        text = str(value)
        if not text.strip():
            name = param.opts[0] if isinstance(param, click.Option) else "the output"
            raise UsageError(
                f"{name} names no file: it is empty",
                "name one; a variable of the shell may not be set",
            )
        if self.stem:
            return Path(text)
        return check_output(Path(text), self.suffixes, new=self.new)
