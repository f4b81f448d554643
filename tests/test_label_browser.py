"""Labelling in Chromium: the exported page with its keys, what it saves, both sheets imported, the rate corrected."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flows.cli import main
from tests.recorded_run import land_run_of
from tests.test_rejudge import TAIL, sql, suite_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: scripts/ci-packages installs it"),
]


def annotate(browser: "Browser", page_file: Path, saved: Path, *, unsure: int) -> str:
    """One annotator: 1 for what goes on in English, 2 for the rest, 3 for the first `unsure`; returns what is shown."""
    page = browser.new_context(accept_downloads=True).new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if request.url.startswith("http") else None)
    page.goto(page_file.as_uri())
    count = int((page.text_content("#where") or "").split(" of ")[1].split(",")[0])
    # Wrong at first, taken back with 0, passed over and come back to with the arrows.
    for key in ("2", "ArrowLeft", "0", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    for number in range(count):
        answer = page.text_content("#answer") or ""
        page.keyboard.press("3" if number < unsure else "1" if TAIL.strip() in answer else "2")
    shown = page.text_content("#where") or ""
    with page.expect_download() as download:
        page.keyboard.press("s")
    download.value.save_as(saved)
    assert faults == []
    return shown


def test_two_annotators_label_in_the_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("BABELGATE_HOME", str(tmp_path / "home"))
    asyncio.run(land_run_of(tmp_path / "home", suite_of(tmp_path, "", "plain", [])))
    assert main(["label", "export", "latest", "--rubric", "code_switching", "--out", str(tmp_path), "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["answers"] == 20
    sheets = [tmp_path / "first.csv", tmp_path / "second.csv"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for unsure, sheet in enumerate(sheets):
            shown = annotate(browser, Path(exported["html"]), sheet, unsure=unsure)
            assert shown.startswith("20 of 20, 20 labelled")
        browser.close()
    assert main(["label", "import", "latest", *map(str, sheets), "--rubric", "code_switching"]) == 0
    printed = capsys.readouterr().out
    assert "19 labels in" in printed and "1 of 20 answers were disagreed on" in printed
    assert "the annotators' Cohen's κ is 0." in printed
    assert sql("select count(*), sum(value), min(weight) from labels") in ([(19, 5.0, 1.0)], [(19, 4.0, 1.0)])
