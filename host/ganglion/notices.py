"""Notice: one odd thing met in a genome, with its place and what to do about it.

In:  facts found while a genome is read and developed.
Out: structured notices, in the order met, for reports and `ganglion lint`.
Never: prints, or changes what is read.
"""

from dataclasses import dataclass
from enum import Enum

from .errors import GenomeError


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
    """Collects notices. A file with more than LIMIT of them is refused: it is not a genome."""

    LIMIT = 10_000

    def __init__(self) -> None:
        self.area: str | None = None
        """The area at hand: put into each notice."""
        self._kept: list[Notice] = []

    def info(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.INFO, code, path, fact, remedy, self.area))

    def warning(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.WARNING, code, path, fact, remedy, self.area))

    def error(self, code: str, path: str, fact: str, remedy: str) -> None:
        self._add(Notice(Severity.ERROR, code, path, fact, remedy, self.area))

    def _add(self, notice: Notice) -> None:
        if len(self._kept) == self.LIMIT:
            raise GenomeError(
                f"the file has more than {self.LIMIT} oddities, the last one at {notice.path}",
                "check that it is a genome",
            )
        self._kept.append(notice)

    def freeze(self) -> tuple[Notice, ...]:
        """What was collected."""
        return tuple(self._kept)
