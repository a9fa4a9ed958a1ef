"""The codings are FEAGI's, and the tool that says so can also say no."""

import json
import sys
from pathlib import Path

import pytest

from tests.support import SHARED
from tools.conformance import robot as tool

CASES = SHARED / "robot-cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="../shared/robot-cases is not there")


def test_every_case_of_feagis_own_code_holds() -> None:
    found = [(name, case, tool.check(name, case)) for name, case in tool.cases(CASES)]
    assert len(found) == 366
    assert [(name, why) for name, _, why in found if why] == []


def test_a_case_that_does_not_hold_is_named_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads((CASES / "encoder_connector.json").read_text())
    told["cases"] = told["cases"][:3]
    told["cases"][1]["expect"][2] += 1
    (tmp_path / "encoder_connector.json").write_text(json.dumps(told))
    monkeypatch.setattr(sys, "argv", ["robot.py", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        tool.main()
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "encoder_connector: expected [[1, 0, 5], 100], found [[1, 0, 4], 100]" in out
    assert out.endswith("2 passed, 1 failed\n")
