"""The page in a real browser; left out where Chromium or playwright is not installed."""

import shutil
from contextlib import contextmanager

import pytest

from dse.report.page import write_page

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
EVIL = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, width=1280):
    """The page; nothing may go wrong in it, open a dialogue or leave the file."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("request", lambda r: None if r.url[:5] in ("file:", "data:") else faults.append(r.url))
    page.goto(path.as_uri())
    yield page
    assert faults == []
    context.close()


@pytest.fixture(scope="module")
def path(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(run, path)
    return path


def rows(page):
    return page.locator("#points tbody tr").count()


def test_a_bound_filters_plot_and_table(browser, path, run):
    bound = sorted(trial.price.ram_bytes for trial in run.front)[len(run.front) // 3]
    kept = sum(trial.price.ram_bytes <= bound for trial in run.front)
    with opened(browser, path) as page:
        assert rows(page) == len(run.front)
        page.fill("#ram_bytes-bound", str(bound))
        assert rows(page) == kept < len(run.front)
        assert page.text_content("#count").startswith(f"{kept} of {len(run.front)} front points")
        assert page.locator("#plot .trace").nth(2).locator(".point").count() == kept
        page.focus("#accuracy-slider")
        page.keyboard.press("End")
        assert rows(page) <= kept
        page.click("#reset")
        assert rows(page) == len(run.front)


def test_a_click_opens_layers_and_export_command(browser, path, run):
    with opened(browser, path) as page:
        mark = page.locator("#plot .trace").nth(2).locator(".point").nth(0).bounding_box()
        page.mouse.click(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
        number = run.front[0].number
        command = f"dse export runs/x {number} -o build/x-{number}"
        assert page.text_content("#export-command") == command
        layers = page.locator("[aria-label^='Layers of'] tbody tr")
        network = run.pricer.network(run.front[0].configuration)
        assert layers.count() == len(network.layers)
        page.click("#copy")
        page.get_by_text("copied").wait_for()


def test_keyboard_opens_a_second_point_beside_the_first(browser, path, run):
    one, two = run.front[0].number, run.front[3].number
    with opened(browser, path) as page:
        for label in (f"Open trial {one}", f"Compare with trial {two}"):
            page.get_by_label(label, exact=True).focus()
            page.keyboard.press("Enter")
        assert page.text_content("#detail-title") == f"Trial {one} and trial {two}"
        assert page.get_by_text("Sites that differ").is_visible()
        focused = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == f"Compare with trial {two}"


def test_sorting_by_a_heading(browser, path):
    with opened(browser, path) as page:
        page.click("#sort-latency_ms")
        column = page.locator("#points thead th").all_text_contents().index("latency (ms) ▴")
        cells = page.locator(f"#points tbody td:nth-child({column + 1})").all_text_contents()
        assert [float(cell) for cell in cells] == sorted(map(float, cells))


def test_a_phone_has_no_sideways_scroll(browser, path):
    with opened(browser, path, width=390) as page:
        page.locator("#points tbody tr").nth(0).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_unkind_names_and_an_empty_front(browser, make_run, tmp_path):
    write_page(make_run(count=20, evil=EVIL), tmp_path / "evil.html")
    with opened(browser, tmp_path / "evil.html") as page:
        mark = page.locator("#plot .trace").nth(2).locator(".point").nth(0).bounding_box()
        page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
        page.locator("#plot .hoverlayer .hovertext").first.wait_for()
        page.locator("#points tbody tr").nth(0).click()
        assert page.locator("img").count() == 0
    write_page(make_run(count=10, ram=200), tmp_path / "empty.html")
    with opened(browser, tmp_path / "empty.html") as page:
        assert "The front is empty" in page.text_content("#notes")
        assert not page.locator("#front-title").is_visible()
