"""Make kernels: writes those of firmware/lib/ganglion/kernel from their plain form.

In:  the files deliver_*.py and update_*.py of firmware/kernel: they are the list of kernels. They
     say in comments what may be done to them. Words of tables have the names of layout.py there.
Out: NAME16.py and NAME32.py of each: for potentials of 16 and of 32 bits, loops unrolled, digits
     in place of the names of layout.py, which so take no memory of a board.
Never: changes what a line does. `python -m tools.make_kernels` writes; a test compares.

Three comments steer it. A line that ends in `# width` deals with potentials: for 32 bits its ptr16
is a ptr32 and its bytes per potential are doubled. Of `# narrow:` .. `# wide:` .. `# end` the first
part is for 16 bits, the second, without its comment signs, for 32. And

    k = 0
    while k < 4:  # unroll
        BODY
        k += 1

becomes BODY four times, with 0, 1, 2 and 3 in place of k: a constant index costs one instruction,
another three, and the loop nothing.

A kernel has many parameters, and MicroPython converts each argument of each call by a function
call. So what is made has one: where the arguments lie, two words each, the lower first, for an
address of the virtual device has 64 bits. (On a board, where a shift by 16 and 16 leaves nothing,
the upper is 0.) They are read at the beginning, the first two last, as those are the ones in
registers.
"""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLAIN = ROOT / "firmware" / "kernel"
MADE = ROOT / "firmware" / "lib" / "ganglion" / "kernel"
KERNELS = sorted(path.stem for verb in ("deliver", "update") for path in PLAIN.glob(f"{verb}_*.py"))
WIDTHS = (16, 32)
NAME = re.compile(r"\b(?:[A-Z]|KIND|FLAG)_[A-Z_]+\b")  # of a word of a table, a kind or a flag


def layout() -> dict[str, int]:
    """The numbers of layout.py by name."""
    names = runpy.run_path(str(PLAIN / "layout.py"))
    return {name: value for name, value in names.items() if NAME.fullmatch(name)}


def _numbered(source: str) -> str:
    """Digits in place of names. Raises KeyError for a name that layout.py has not."""
    numbers = layout()
    return NAME.sub(lambda found: str(numbers[found[0]]), source)


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


HEAD = re.compile(
    r"def (\w+)\(\n((?:    .*\n)+)\)( -> int)?:  # fmt: skip\n(    \"\"\"(?:.|\n)*?\"\"\"\n)"
)


def _with_one_argument(text: str) -> str:
    """Functions whose arguments lie in memory, at the address that is their only parameter."""

    def head(found: re.Match[str]) -> str:
        parameters = [p.strip().split(": ") for p in found[2].replace("\n", " ").split(",")]
        names = [p for p in parameters if len(p) == 2]
        first, second = names[0][0], names[1]

        def value(k: int, kind: str) -> str:
            word = f"(given[{2 * k + 1}] << 16 << 16) + given[{2 * k}]"
            return word if kind == "int" else f"{kind}({word})"

        lines = [f"{second[0]} = {first if second[1] == 'int' else f'{second[1]}({first})'}"]
        lines.append(f"given = ptr32({first})")
        lines += [f"{name} = {value(k + 2, kind)}" for k, (name, kind) in enumerate(names[2:])]
        lines.append(f"{second[0]} = {value(1, second[1])}")
        lines.append(f"{first} = {value(0, 'int')}")
        body = "".join(f"    {line}\n" for line in lines)
        return f"def {found[1]}({first}: int){found[3] or ''}:\n{found[4]}{body}"

    return HEAD.sub(head, text)


def made_from(source: str, name: str, width: int, unroll: bool = True) -> str:
    """The text of the kernel `name` for potentials of `width` bits."""
    tree, functions = source.split('"""\n\nimport micropython\n', 1)
    first = tree.split("\n", 1)[0].removeprefix('"""').rstrip(".").replace(", in plain form", "")
    lines = _of_width(_numbered(functions).split("\n"), width)
    if unroll:
        lines = _unrolled(lines)
    body = re.sub(r"\[(\d) \+ (\d)\]", lambda m: f"[{int(m[1]) + int(m[2])}]", "\n".join(lines))
    body = _with_one_argument(body)
    return (
        f'"""{first}. For potentials of {width} bits.\n\n'
        f"Generated by tools/make_kernels.py from firmware/kernel/{name}.py: edit that.\n"
        'In, out, never: as there.\n"""\n\nimport micropython\n' + body
    )


def main() -> None:
    for name in KERNELS:
        source = (PLAIN / f"{name}.py").read_text()
        for width in WIDTHS:
            (MADE / f"{name}{width}.py").write_text(made_from(source, name, width))


if __name__ == "__main__":
    main()
