"""The command line in this process: what it prints and the code it ends with."""

from dataclasses import dataclass

import pytest

from ganglion.cli.main import main


@dataclass(frozen=True, slots=True)
class Remark:
    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence of a refusal."""
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("ganglion: ") and "; " in lines[0], lines[0]
        return lines[0].removeprefix("ganglion: ")


def say(capsys: pytest.CaptureFixture[str], *words: object) -> Remark:
    """`ganglion WORDS`."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    captured = capsys.readouterr()
    return Remark(int(ended.value.code or 0), captured.out, captured.err)
