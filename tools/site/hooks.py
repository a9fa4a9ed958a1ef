"""Hooks of mkdocs: pages that are made, and the checkout's own documents, beside docs/.

In:  the configuration of mkdocs.
Out: more pages; links that lead to them.
Never: writes into docs/.
"""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tools.site.reference import PAGES  # noqa: E402

DOCUMENTS = {
    "SPEC.md": "spec.md",
    "DESIGN.md": "design.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}


def on_files(files: Files, *, config: Any) -> Files:
    """Adds what is made, and what lies at the root."""
    for name, make in PAGES.items():
        files.append(File.generated(config, name, content=make()))
    for name, page in DOCUMENTS.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text()))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Leads links among documents, which hold in the checkout, to their pages."""
    for name, target in DOCUMENTS.items():
        markdown = re.sub(rf"\]\((\.\./)?{re.escape(name)}", f"]({target}", markdown)
    if page.file.src_uri in DOCUMENTS.values():
        markdown = re.sub(r"\]\(docs/", "](", markdown)
    return markdown
