"""Tables are whole at any width, and brackets in them are no markup."""

import pytest
from rich.console import Console
from rich.table import Table

from ganglion.cli.options.tables import show


def table() -> Table:
    made = Table("name", "board", "machine code", "heap", "link")
    made.add_row("esp32-psram", "ESP32, 4 MiB flash", "xtensawin", "1500 KB", "uart 115200")
    made.add_row("[export]", "`pip install '.[export]'`", "/a/very/long/path/of/a/tool", "", "")
    return made


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_word_is_lost_at_any_width(capsys: pytest.CaptureFixture[str], width: int) -> None:
    show(table(), Console(width=width, highlight=False, markup=False))
    said = capsys.readouterr().out
    joined = "".join(said.split())
    assert "…" not in said
    for word in ("esp32-psram", "xtensawin", "115200", "[export]"):
        assert word in said if width != 20 else word in joined
    assert "'.[export]'`" in said


def test_a_narrow_terminal_gets_a_line_for_each_value(capsys: pytest.CaptureFixture[str]) -> None:
    show(table(), Console(width=40, highlight=False, markup=False))
    assert "machine code: xtensawin\n" in capsys.readouterr().out
