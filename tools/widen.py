"""Widen: makes the kernels of firmware/lib of their plain form in tools/kernel.

In:  its eight files, which say in comments what may be done to them.
Out: receive16.py, receive32.py and so on: for potentials of 16 and of 32 bits, loops unrolled.
Never: changes what a line does. `python -m tools.widen` writes; a test compares.

Three comments steer it. A line that ends in `# width` deals with potentials: for 32 bits its ptr16
is a ptr32 and its bytes per potential are doubled. Of `# narrow:` .. `# wide:` .. `# end` the first
part is for 16 bits, the second, without its comment signs, for 32. And

    k = 0
    while k < 4:  # unroll
        BODY
        k += 1

becomes BODY four times, with 0, 1, 2 and 3 in place of k: a constant index costs one instruction,
another three, and the loop nothing.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLAIN = ROOT / "tools" / "kernel"
LIBRARY = ROOT / "firmware" / "lib"
KERNELS = (
    "blocks", "rows", "inputs", "calm", "visit", "limited", "march", "special", "plastic",
)  # fmt: skip
WIDTHS = (16, 32)


def _wider(line: str) -> str:
    """A marked line for potentials of 4 bytes."""
    line = line.replace("ptr16", "ptr32")
    line = re.sub(r"(<<=?|>>) 1\b", r"\1 2", line)
    return re.sub(r"([+-]=?) ([2478])\b", lambda m: f"{m[1]} {BYTES[m[2]]}", line)


BYTES = {"2": "4", "4": "8", "8": "16", "7": "15"}  # one, two, four, and four less a byte


def _of_width(lines: list[str], width: int) -> list[str]:
    out: list[str] = []
    mode = ""
    for line in lines:
        word = line.strip()
        if word in ("# narrow:", "# wide:", "# end"):
            mode = word
        elif mode == "# narrow:":
            out += [line] * (width == 16)
        elif mode == "# wide:":
            out += [re.sub(r"# ?", "", line, count=1)] * (width == 32)
        elif line.endswith("  # width"):
            line = line.removesuffix("  # width")
            out.append(_wider(line) if width == 32 else line)
        else:
            out.append(line)
    return out


def _unrolled(lines: list[str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(lines):
        head = re.fullmatch(r"( *)while k < (\d+):  # unroll", lines[at])
        if not head:
            out.append(lines[at])
            at += 1
            continue
        assert out.pop().strip() == "k = 0"
        end = lines.index(head[1] + "    k += 1", at)
        for k in range(int(head[2])):
            out += [re.sub(r"\bk\b", str(k), line[4:]) for line in lines[at + 1 : end]]
        at = end + 1
    return out


def widen(source: str, name: str, width: int, unroll: bool = True) -> str:
    """The text of the kernel `name` for potentials of `width` bits."""
    tree, functions = source.split('"""\n\nimport micropython\n', 1)
    first = tree.split("\n", 1)[0].removeprefix('"""').rstrip(".").replace(", in plain form", "")
    lines = _of_width(functions.split("\n"), width)
    if unroll:
        lines = _unrolled(lines)
    body = re.sub(r"\[(\d) \+ (\d)\]", lambda m: f"[{int(m[1]) + int(m[2])}]", "\n".join(lines))
    return (
        f'"""{first}. For potentials of {width} bits.\n\n'
        f"Made by tools/widen.py of tools/kernel/{name}.py, which says what is what: edit that.\n"
        'In, out, never: as there.\n"""\n\nimport micropython\n' + body
    )


def main() -> None:
    for name in KERNELS:
        source = (PLAIN / f"{name}.py").read_text()
        for width in WIDTHS:
            (LIBRARY / f"{name}{width}.py").write_text(widen(source, name, width))


if __name__ == "__main__":
    main()
