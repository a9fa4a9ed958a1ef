"""Widen: makes firmware/lib/burst32.py of burst.py: the same functions for 32-bit potentials.

In:  burst.py, whose width-dependent lines are marked.
Out: burst32.py, holding only the functions that have such lines.
Never: changes anything that is not marked. `python tools/widen.py` writes; a test compares.
"""

import re
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "firmware" / "lib"
HEAD = '''"""Burst32: the functions of burst.py for 32-bit potentials. Made by tools/widen.py.

In, out, never: as burst.py.
"""

import micropython
'''


def _line(line: str) -> str:
    """A marked line: pointers to potentials are ptr32, and a potential takes 4 bytes."""
    line = line.replace("ptr16(potentials", "ptr32(potentials").replace("h: ptr16", "h: ptr32")
    line = line.replace("h = ptr16(int(h) + 2)", "h = ptr32(int(h) + 4)")
    return re.sub(r"(<<|>>) 1\b", r"\1 2", line)


def _widened(function: str) -> str:
    out: list[str] = []
    mode = ""
    for line in function.split("\n"):
        word = line.strip()
        if word in ("# narrow:", "# wide:", "# end"):
            mode = word
        elif mode == "# narrow:":
            continue
        elif mode == "# wide:":
            out.append(re.sub(r"# ?", "", line, count=1))
        else:
            out.append(_line(line) if "# width" in line else line)
    return "\n".join(out)


def widen(source: str) -> str:
    """The text of burst32.py."""
    functions = re.split(r"\n\n\n(?=@micropython\.viper)", source)
    chosen = [_widened(f).rstrip("\n") for f in functions[1:] if "# width" in f]
    text = HEAD + "".join(f"\n\n{function}\n" for function in chosen)
    return re.sub(r" *# width$", "", text, flags=re.MULTILINE)


if __name__ == "__main__":
    (LIBRARY / "burst32.py").write_text(widen((LIBRARY / "burst.py").read_text()))
