"""The page: one HTML file with its data, styles and scripts inside; it asks the network nothing."""

import html
import json
import re
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from plotly.offline import get_plotlyjs

from dse.files import write_atomically
from dse.report.page_data import PageData, collect
from dse.study.view import Run

__all__ = ["render", "write_page"]

_TEMPLATES = files("dse.report") / "templates"
# In this order: each uses only the ones before it.
_SCRIPTS = ("format.js", "plot.js", "table.js", "detail.js", "page.js")
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def write_page(run: Run, path: Path) -> None:
    """Write the page of a run to a file."""
    write_atomically(path, render(collect(run)))


def render(data: PageData) -> str:
    """The page as HTML.

    The slots of the template are filled in one pass, so that nothing in the data is read as a slot.
    """
    parts = {
        "title": html.escape(data.title),
        "style": _read("page.css"),
        "data": _embed(asdict(data)),
        "plotly": get_plotlyjs(),
        "script": "\n".join(_read(name) for name in _SCRIPTS),
    }
    return _SLOT.sub(lambda match: parts[match[1]], _read("page.html"))


def _embed(value: object) -> str:
    """JSON that no HTML parser can take for the end of its script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
