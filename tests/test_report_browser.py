"""The report in Chromium: figures are SQL's, nothing of a model runs, scripts are laid out, filters, dark, print."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.report import write_index, write_report
from tests.report_run import HOSTILE, LANGS, MODELS, RUN, write_wide_run
from tests.small_run import empty_home, write_both
from warehouse.connect import open_published
from warehouse.home import Home
from warehouse.load import load_parts
from warehouse.publish import publish

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: scripts/ci-packages installs it"),
]
CELLS = """[...document.querySelectorAll('#maps details')].flatMap(map => {
  const models = [...map.querySelectorAll('thead th')].slice(1).map(th => th.textContent);
  return [...map.querySelectorAll('tbody tr')].flatMap(row => [...row.querySelectorAll('td')].map((cell, i) =>
    [map.dataset.metric, row.querySelector('small').textContent, models[i], cell.dataset.v ?? null, cell.textContent]));
})"""


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wide run and a small one, landed and published."""
    folder, homes = tmp_path_factory.mktemp("report"), {}
    for name, write in {"wide": write_wide_run, "small": write_both}.items():
        home = empty_home(folder / name)
        write(home)
        load_parts(home)
        publish(home)
        homes[name] = home.root
    return homes


@pytest.fixture(scope="module")
def page_file(homes: dict[str, Path]) -> Path:
    return write_report(homes["wide"], RUN)


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def view(browser: "Browser", page_file: Path) -> "Iterator[Page]":
    """The wide page, opened from disk; whatever it complains of, asks for or pops up fails the test."""
    page = browser.new_page(viewport={"width": 1080, "height": 1000})
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    page.goto(page_file.as_uri())
    yield page
    page.close()
    assert problems == []


def shot(page: "Page", name: str) -> None:
    """Keep a picture where REPORT_SHOTS says; without it none is taken."""
    if folder := os.environ.get("REPORT_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"report_{name}.png"))


def test_heat_map_cells_are_the_views(view: "Page", homes: dict[str, Path]) -> None:
    with open_published(homes["wide"]) as con:
        rows = con.execute("SELECT metric, lang, model_id, mean FROM v_metrics WHERE run_id = 'wide'").fetchall()
    expected = {row[:3]: row[3] for row in rows}
    found = view.evaluate(CELLS)
    assert len(found) == len(expected) == 3 * len(LANGS) * len(MODELS)
    for metric, lang, model, exact, text in found:
        value = expected[metric, lang, model]
        assert (exact is None) == (value is None)
        assert text == ("–" if value is None else f"{100 * value:.1f}")
        assert exact is None or float(exact) == value
    shot(view, "wide")


def test_nothing_of_a_model_runs(view: "Page") -> None:
    assert view.title() == "wide · Babelgate"
    view.select_option("select[name=model]", MODELS[1])
    while view.is_visible("#more"):
        view.click("#more")
    shown = view.inner_text("#answers")
    for text in HOSTILE[:4]:
        assert text in shown
    assert "⟦U+202E⟧" in shown and "\u202e" not in view.content()
    assert view.evaluate("document.querySelectorAll('#answers :is(script, img, a, b, iframe)').length") == 0
    assert view.evaluate("document.querySelectorAll('script').length") == 2
    assert view.evaluate("document.querySelectorAll('main :is(img, a, b b)').length") == 0
    assert view.title() == "wide · Babelgate"


def test_filters(view: "Page") -> None:
    everything = int(view.inner_text("#matches").split()[0])
    view.select_option("select[name=lang]", "th")
    view.select_option("select[name=model]", MODELS[4])
    few = int(view.inner_text("#matches").split()[0])
    assert 0 < few < everything
    assert all(
        "th · model-05" in line for line in view.locator("#answers .answer > .over:first-child").all_inner_texts()
    )
    view.select_option("select[name=status]", "truncated")
    assert all("truncated" in line for line in view.locator("#answers .answer > .over:first-child").all_inner_texts())
    view.select_option("select[name=status]", "")
    view.fill("input[name=words]", "no such words")
    assert view.inner_text("#matches").startswith("0 answers")
    view.fill("input[name=words]", "คำตอบ")
    assert view.inner_text("#matches").startswith(f"{few} answers")


@pytest.mark.parametrize(
    ("lang", "direction", "font"),
    [("ar", "rtl", "Arabic"), ("th", "ltr", "Thai"), ("bn", "ltr", "Bengali"), ("zh", "ltr", "CJK")],
)
def test_scripts_are_laid_out(view: "Page", lang: str, direction: str, font: str) -> None:
    view.select_option("select[name=lang]", lang)
    answer = view.locator(f"#answers .answer .text[lang={lang}]:has(mark.extracted)").first
    assert answer.evaluate("e => getComputedStyle(e).direction") == direction
    # Which fonts Chromium took: a missing one would show boxes.
    client = view.context.new_cdp_session(view)
    client.send("DOM.enable")
    client.send("CSS.enable")
    answer.evaluate("e => e.id = 'probe'")
    root = client.send("DOM.getDocument")["root"]["nodeId"]
    node = client.send("DOM.querySelector", {"nodeId": root, "selector": "#probe"})["nodeId"]
    used = [found["familyName"] for found in client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]]
    assert any(font in name for name in used), used
    answer.scroll_into_view_if_needed()
    if lang != "zh":
        shot(view, f"script_{lang}")


def test_switched_spans_are_marked(view: "Page") -> None:
    marked = set(view.locator("#switching mark.switch").all_inner_texts())
    assert marked == {"therefore the answer is"}
    assert view.locator("#switching .text[lang=ar]").first.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_dark_and_light_differ_and_both_can_be_read(view: "Page") -> None:
    """WCAG 2.1 asks for a contrast of 4.5 for text; here every heat map cell, in both themes."""
    contrast = """() => {
      const part = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
      const weights = [.2126, .7152, .0722];
      const lum = c => c.match(/\\d+/g).slice(0, 3).reduce((sum, v, i) => sum + part(v / 255) * weights[i], 0);
      return Math.min(...[...document.querySelectorAll('td[data-v], .swatch')].map(cell => {
        const style = getComputedStyle(cell);
        const [a, b] = [lum(style.color), lum(style.backgroundColor)].sort((x, y) => y - x);
        return (a + .05) / (b + .05); }));
    }"""
    papers = set()
    for scheme in ("light", "dark"):
        view.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        papers.add(view.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert view.evaluate(contrast) >= 4.5, scheme
    assert len(papers) == 2
    shot(view, "dark")


def test_print(view: "Page", tmp_path: Path) -> None:
    pdf = view.pdf(path=str(tmp_path / "report.pdf"), format="A4", landscape=True)
    assert pdf.startswith(b"%PDF") and 20_000 < len(pdf) < 5_000_000
    view.set_viewport_size({"width": 1030, "height": 1400})
    view.emulate_media(media="print", color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert view.evaluate(paper) == "rgb(255, 255, 255)", "paper is white, whatever the screen was"
    cells = "[...document.querySelectorAll('.swatch, td[data-v]')]"
    assert set(view.evaluate(f"{cells}.map(cell => getComputedStyle(cell).printColorAdjust)")) == {"exact"}
    assert view.evaluate("Math.max(...[...document.querySelectorAll('svg')].map(chart => chart.clientHeight))") <= 1400
    shot(view, "print")
    assert not view.is_visible("#failures") and view.is_visible("#verdict") and view.is_visible("#maps table")


def test_the_page_is_small_and_named_for_those_who_do_not_see(view: "Page", page_file: Path) -> None:
    assert page_file.stat().st_size < 5_000_000
    assert view.locator("table thead th:not([scope])").count() == 0
    assert view.locator("svg").count() == view.locator("[role=img][aria-label]").count() > 0


def test_the_front_page_leads_to_a_report(browser: "Browser", homes: dict[str, Path]) -> None:
    write_report(homes["small"], "r2", "r1")
    page = browser.new_page()
    page.goto(write_index(homes["small"]).as_uri())
    page.click("text=r2")
    assert page.inner_text("h1") == "r2" and "NO-GO" in page.inner_text("#verdict")
    assert page.locator("#baseline tbody tr").count() > 0
    shot(page, "small")
    page.close()


def test_a_run_of_the_real_pipeline(browser: "Browser") -> None:
    """Any run that lies at REPORT_HOME; the small test run of the suite has no real texts."""
    where = os.environ.get("REPORT_HOME")
    if not where:
        pytest.skip("REPORT_HOME names no home")
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1080, "height": 1000})
    page.on("console", lambda message: problems.append(message.text))
    page.goto(write_report(Home(Path(where)).root, "latest").as_uri())
    with open_published(where) as con:
        values = con.execute("SELECT count(*) FROM v_metrics WHERE mean IS NOT NULL AND run_id = "
                             "(SELECT arg_max(run_id, started_at) FROM runs)").fetchall()[0][0]  # fmt: skip
    assert page.locator("#maps td[data-v]").count() >= values > 0 and problems == []
    shot(page, "real")
    page.close()
