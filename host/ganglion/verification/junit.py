"""JUnit: a verdict as CI systems show it, one test case in one suite.

In:  what was tried, how long it took, why it failed (if it did), facts about it.
Out: XML in the form that Jenkins, GitLab and GitHub's reporters read.
Never: a pass for what was not compared.
"""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as xml

# What XML 1.0 has no way to write.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(
    suite: str,
    case: str,
    seconds: float,
    failure: str = "",
    facts: Mapping[str, object] | None = None,
    *,
    error: bool = False,
) -> bytes:
    """The report. `failure` says why it is not a pass; with `error` there was no verdict at all."""
    broken = bool(failure)
    root = xml.Element("testsuites")
    group = xml.SubElement(
        root, "testsuite", name=_text(suite), tests="1", skipped="0", time=f"{seconds:.3f}",
        failures=str(int(broken and not error)), errors=str(int(broken and error)),
    )  # fmt: skip
    properties = xml.SubElement(group, "properties")
    for name, value in (facts or {}).items():
        xml.SubElement(properties, "property", name=_text(name), value=_text(value))
    tried = xml.SubElement(
        group, "testcase", classname=_text(suite), name=_text(case), time=f"{seconds:.3f}"
    )
    if failure:
        kind = "error" if error else "failure"
        xml.SubElement(tried, kind, message=_text(failure)).text = _text(failure)
    xml.indent(root)
    data: bytes = xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _text(value: object) -> str:
    return _FORBIDDEN.sub("?", str(value))
