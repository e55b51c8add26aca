"""The page: one file that asks the network nothing and takes nobody's names for markup."""

import json
from html.parser import HTMLParser

import pytest

from dse.report import page
from dse.report.page import render, write_page
from dse.report.page_data import collect

EVIL = "</script><script>alert(1)</script><!--{{plotly}}&amp;"


class Elements(HTMLParser):
    """Start tags with their attributes, and the texts of the scripts and the title."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.title = [], [], ""
        self._open = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open == "script":
            self.scripts[-1] += data
        if self._open == "title":
            self.title += data


@pytest.fixture
def small_plotly(monkeypatch):
    """Plotly is 5 MB, which only one test needs."""
    monkeypatch.setattr(page, "get_plotlyjs", lambda: "/* plotly */")


@pytest.fixture
def elements(run, small_plotly):
    return Elements(render(collect(run)))


def test_data_of_the_page_are_the_record(run, elements):
    (attributes,) = [a for tag, a in elements.tags if a.get("id") == "data"]
    assert attributes["type"] == "application/json"
    points = json.loads(elements.scripts[0])["points"]
    assert [point["trial"] for point in points] == [point.trial for point in collect(run).points]


def test_nothing_is_loaded(elements):
    for tag, attributes in elements.tags:
        for name in ("src", "href", "action", "srcset", "poster"):
            assert attributes.get(name, "data:").startswith("data:"), (tag, attributes)
    (policy,) = [a["content"] for tag, a in elements.tags if "http-equiv" in a]
    assert policy.startswith("default-src 'none';")
    own = elements.scripts[2] + page._read("page.css")
    for word in ("http:", "https:", "fetch(", "XMLHttpRequest", "import ", "@import", "url("):
        assert word not in own


def test_text_never_becomes_markup(elements):
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in elements.scripts[2]


def test_unkind_names_stay_names(make_run, small_plotly):
    run = make_run(count=20, evil=EVIL, folder=f"runs/{EVIL}")
    elements = Elements(render(collect(run)))
    assert len(elements.scripts) == 3
    assert elements.scripts[1] == "/* plotly */"
    assert elements.title == f"small{EVIL} on STM32F030R8"
    data = json.loads(elements.scripts[0])
    assert any(EVIL in row[0] for row in data["baseline"]["layers"])
    assert data["run"] == f"'runs/{EVIL}'"


def test_every_control_has_a_label(elements):
    labelled = {a["aria-labelledby"] for _, a in elements.tags if "aria-labelledby" in a}
    ids = [a["id"] for _, a in elements.tags if "id" in a]
    assert labelled <= set(ids)
    assert len(ids) == len(set(ids))


def test_written_file_embeds_plotly_once(run, tmp_path):
    path = tmp_path / "new" / "report.html"
    write_page(run, path)
    text = path.read_text(encoding="utf-8")
    assert text.count("* plotly.js v") == 1
    assert "{{" not in text.partition("<script")[0]
    assert len(Elements(text).scripts) == 3
