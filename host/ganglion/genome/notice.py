"""Notice: one odd thing met in a genome, with its place and what to do about it.

In:  facts found while a genome is read and developed.
Out: structured notices, in the order met, for reports and `ganglion lint`.
Never: prints, raises, or changes what is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much an oddity matters."""

    INFO = "info"
    """Read as written; worth knowing."""
    WARNING = "warning"
    """Something was repaired, left out or has no effect: the brain may differ from the file."""
    ERROR = "error"
    """The genome cannot be used as it is."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One oddity. `code` is stable and names the kind; `path` is the place in the JSON file."""

    severity: Severity
    code: str
    path: str
    fact: str
    remedy: str
    area: str | None = None

    @property
    def message(self) -> str:
        return f"{self.fact}; {self.remedy}"

    def as_dict(self) -> dict[str, str | None]:
        """The notice as JSON-ready text."""
        return {
            "severity": self.severity.value,
            "code": self.code,
            "path": self.path,
            "area": self.area,
            "fact": self.fact,
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        return f"{self.severity.value}: {self.path}: {self.message} [{self.code}]"


class Notices:
    """Collects notices; at most LIMIT are kept, the rest are counted."""

    LIMIT = 10_000

    def __init__(self, area: str | None = None) -> None:
        self.area = area
        """The area being read: put into each notice that names none."""
        self.left_out = 0
        self._kept: list[Notice] = []
        self._first_error: Notice | None = None

    def info(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.INFO, code, path, fact, remedy, self.area))

    def warning(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.WARNING, code, path, fact, remedy, self.area))

    def error(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.ERROR, code, path, fact, remedy, self.area))

    def _add(self, notice: Notice) -> None:
        if notice.severity is Severity.ERROR and self._first_error is None:
            self._first_error = notice
        if len(self._kept) < self.LIMIT:
            self._kept.append(notice)
        else:
            self.left_out += 1

    @property
    def first_error(self) -> Notice | None:
        return self._first_error

    def __iter__(self) -> Iterator[Notice]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept) + self.left_out

    def freeze(self) -> tuple[Notice, ...]:
        """What was collected; if some did not fit, a last notice says how many."""
        if not self.left_out:
            return tuple(self._kept)
        last = Notice(
            Severity.WARNING,
            "more-notices",
            "$",
            f"{self.left_out} more notices than the {self.LIMIT} that are kept",
            "repair the first ones and look again",
        )
        return (*self._kept, last)
