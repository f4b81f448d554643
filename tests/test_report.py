"""The report without a browser: figures as SQL gives them, marks, safe JSON, the front page, the loopback server."""

import base64
import hashlib
import html
import http.client
import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flows.cli import main
from tasks.report import build_index, build_report, write_index, write_report
from tasks.report.charts import with_room
from tasks.report.explorer import payload, script_json
from tasks.report.figures import duration, in_unit, number
from tasks.report.marks import Segment, Span, segments, switch_spans
from tasks.report.records_answers import Failure, Verdict
from tasks.report.serve import serving
from tasks.schema import UserError
from tests.small_run import empty_home, write_both
from warehouse.connect import open_published
from warehouse.home import Home, WarehouseError
from warehouse.load import load_parts
from warehouse.publish import publish


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = empty_home(tmp_path_factory.mktemp("report") / "home")
    write_both(home)
    load_parts(home)
    publish(home)
    return home.root


@pytest.fixture(scope="module")
def page(home: Path) -> str:
    return build_report(home, "r2", "r1")


class _Page(HTMLParser):
    """Heat map cells by (metric, data set, language, model), every tag, and every attribute that could load or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.cells: dict[tuple[str, str, str, str], str] = {}
        self.tags: list[str] = []
        self.risky: list[tuple[str, str | None]] = []
        self._map = self._row = ("", "")
        self._models: list[str] = []
        self._column, self._text, self._in = 0, "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.tags.append(tag)
        self.risky += [
            (k, v) for k, v in attrs if k in {"src", "href", "action", "srcset", "data"} or k.startswith("on")
        ]
        if tag == "details":
            self._map, self._models = (of.get("data-metric") or "", of.get("data-dataset") or ""), []
        if tag == "tr":
            self._column = 0
        if tag in {"th", "small"}:
            self._in, self._text = ("corner" if tag == "small" else of.get("scope") or ""), ""
        if tag == "td" and self._map[0]:
            if "data-v" in of:
                self.cells[*self._map, self._row[0], self._models[self._column]] = of["data-v"] or ""
            self._column += 1

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "small" and self._in == "corner":
            self._row = (self._text, "")
        if tag == "th" and self._in == "col" and self._text != "language":
            self._models.append(self._text)
        if tag == "details":
            self._map = ("", "")


def heat_cells(home: Path, run: str) -> dict[tuple[str, str, str, str], float]:
    """What SQL says that the heat maps must show."""
    query = """
        SELECT metric, dataset_id, lang, model_id, mean FROM v_metrics WHERE run_id = $run AND mean IS NOT NULL
        UNION ALL
        SELECT metric, dataset_id, lang, model_id, value FROM v_corpus_scores WHERE run_id = $run AND lang <> '*'
    """
    with open_published(home) as con:
        return {row[:4]: row[4] for row in con.execute(query, {"run": run}).fetchall()}


def test_heat_map_cells_are_the_views(home: Path, page: str) -> None:
    cells = {key: float(value) for key, value in _Page(page).cells.items()}
    assert cells == heat_cells(home, "r2")
    assert cells["exact_match", "sums", "sw", "small"] == pytest.approx(1 / 3)


def test_a_page_loads_nothing_and_says_so(page: str) -> None:
    found = _Page(page)
    assert {value for key, value in found.risky if not (value or "").startswith("#")} == {"data:,"}
    assert not {"iframe", "object", "embed", "form-action", "link-preload", "img"} & set(found.tags)
    policy = html.unescape(page.split('Content-Security-Policy" content="')[1].split('"')[0])
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src 'none'" in policy and f"script-src 'sha256-{own}'" in policy


@pytest.mark.parametrize(
    "part",
    ["NO-GO", "sw is too weak", "floor-sw", "<td>critical</td><td>Swahili</td>", "Against r1", "grammar",
     "uncalibrated", "print of r2"],
)  # fmt: skip
def test_what_a_page_says(page: str, part: str) -> None:
    assert part in page


def test_all_failures_of_a_small_run_are_there_to_read(page: str) -> None:
    """Three Swahili sums that are wrong, cut off and lost; a low chrF is a score, not a failure."""
    assert "3 of 3 answers" in page
    data = page.partition('id="failures-data">')[2].partition("</script>")[0]
    assert sorted(row["item"] for row in json.loads(data)) == ["sw-1", "sw-2", "sw-3"]


def test_errors_and_missing_answers_stand_out(page: str) -> None:
    assert page.count('<td class="n bad">1</td>') == 2


def test_the_front_page_lists_runs_and_links_pages(home: Path, tmp_path: Path) -> None:
    front = build_index(home, ["r2"])
    assert front.index("r2") < front.index(">r1<") and "NO-GO" in front
    assert '<a href="r2.html">' in front and '<a href="r1.html">' not in front
    write_report(home, "r2", None, tmp_path / "r2.html")
    assert '<a href="r2.html">' in write_index(home, tmp_path / "index.html").read_text()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["index.html", "r2.html"]


def test_the_command(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("BABELGATE_HOME", str(home))
    assert main(["report", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert (
        Path(written["file"]) == home / "reports" / "r2.html"
        and written["bytes"] == Path(written["file"]).stat().st_size
    )
    assert main(["report", "r1", "--baseline", "r2", "--output", str(tmp_path / "new" / "page.html")]) == 0
    assert "Against r2" in (tmp_path / "new" / "page.html").read_text()
    assert main(["report", "r3"]) == 64 and "no run 'r3'" in capsys.readouterr().err
    assert main(["report", "r1", "--output", "/proc/none/page.html"]) == 64
    assert main(["export", "run", "--run", "r1", "--output", str(tmp_path / "r1"), "--json"]) == 0
    assert {path.name for path in (tmp_path / "r1").iterdir()} == {
        "README.md", "answers.parquet", "results.parquet", "metrics.parquet",
    }  # fmt: skip


def test_an_unknown_run_names_the_nearest(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run 'r22'.*did you mean 'r2'"):
        build_report(home, "r22")
    with pytest.raises(UserError, match="no run 'zzz'.*the newest is 'r2'"):
        build_report(home, "r2", "zzz")
    with pytest.raises(WarehouseError, match="no warehouse"):
        build_report(tmp_path, "r2")


@pytest.mark.parametrize(
    ("text", "spans", "limit", "expected"),
    [
        ("abcdef", [], 10, ["abcdef"]),
        ("abcdef", [(1, 3)], 10, ["a", "[bc]", "def"]),
        ("abcdef", [(0, 6)], 10, ["[abcdef]"]),
        ("abcdef", [(3, 5), (1, 4)], 10, ["a", "[bcd]", "[e]", "f"]),
        ("abcdef", [(4, 99), (7, 9), (3, 3)], 10, ["abcd", "[ef]"]),
        ("abcdef", [(2, 6)], 4, ["ab", "[cd]", "{ … 2 more characters}"]),
        ("😀ก์b", [(1, 3)], 10, ["😀", "[ก์]", "b"]),
        ("a\u202eb\0c\n", [], 10, ["a⟦U+202E⟧b⟦U+0000⟧c\n"]),
    ],
)
def test_segments(text: str, spans: list[tuple[int, int]], limit: int, expected: list[str]) -> None:
    found = segments(text, [Span(start, end, "m") for start, end in spans], limit)
    shapes = {"": "{0}", "m": "[{0}]", "cut": "{{{0}}}"}
    assert [shapes[piece.kind].format(piece.text) for piece in found] == expected


def test_switch_spans_read_the_detail_of_a_score() -> None:
    assert switch_spans('[[5, 9, "english", 4.0]]') == [Span(5, 9, "english")]
    assert switch_spans(None) == () and switch_spans("{}") == ()
    assert segments("a b", switch_spans('[[2, 3, "english", 4.0]]')) == (Segment("a "), Segment("b", "english"))


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "a\u2028b\u2029", "&amp;", '"\\"', "\ud7ff😀"])
def test_json_stays_inside_its_element(text: str) -> None:
    safe = script_json([text])
    assert not re.search("[<>&\u2028\u2029]", safe)
    assert json.loads(safe) == [text]


def _failure(**changed: object) -> Failure:
    values = {
        "completion_id": "c", "model_id": "m", "lang": "th", "dataset_id": "d", "item_id": "i", "repeat_ix": 0,
        "status": "ok", "messages": None, "question": "q", "context": "c", "thinking": None, "text": "abc 42",
        "gold": ["1"], "extraction": "found", "extracted": "42", "method": "marker", "span_start": 4, "span_end": 6,
        "error": None, "switches": None, "scores": [{"metric": "em", "value": None, "reason": None}],
    }  # fmt: skip
    return Failure(**values | changed)  # type: ignore[arg-type]


def test_the_explorer_marks_what_was_read_and_quotes_judges() -> None:
    said = Verdict("c", "j", "grammar", "valid", "bad", 1.0, '[{"quote": "abc", "shows": "order"}]')
    (row,) = json.loads(payload([_failure()], [said]).json)
    assert row["answer"] == [["abc "], ["42", "extracted"]] and row["prompt"] == [["user", "c\n\nq"]]
    assert row["verdicts"] == [["j", "grammar", "valid", "bad", 1.0, "order: abc"]] and row["scores"] == [
        ["em", None, ""]
    ]
    (whole,) = json.loads(payload([_failure(span_start=0)], []).json)
    assert whole["answer"] == [["abc 42"]], "a mark over everything says nothing"


def test_the_explorer_keeps_to_its_budget() -> None:
    found = payload([_failure(text="x" * 3000)] * 10, [], budget=10_000)
    assert found.shown == 3 and len(json.loads(found.json)) == 3


@pytest.mark.parametrize(
    ("points", "named"),
    [
        ([("a", 0.0, 100.0), ("b", 200.0, 100.0)], {"a", "b"}),
        ([("a", 0.0, 95.0), ("b", 10.0, 100.0)], {"b"}),  # the higher one keeps its name
        ([("a", 0.0, 100.0), ("b", 10.0, 80.0)], {"a", "b"}),
        ([("a", 0.0, 100.0), ("b", 0.0, 100.0), ("c", 5.0, 96.0)], {"a"}),
        ([], set()),
    ],
)
def test_no_name_of_a_chart_covers_another(points: list[tuple[str, float, float]], named: set[str]) -> None:
    assert with_room(points) == named


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (number(None), "–"), (number(0), "0"), (number(0.0), "0"), (number(12345), "12,345"), (number(1234.5), "1,234"),
        (number(0.123456), "0.123"), (in_unit(0.1 + 0.2, 1.0), "30.0"), (in_unit(41.25, 100.0), "41.2"),
        (in_unit(None, 1.0), "–"),
        (duration(90), "90 s"), (duration(600), "10 min"), (duration(7200), "2.0 h"), (duration(None), "–"),
    ],
)  # fmt: skip
def test_figures(shown: str, expected: str) -> None:
    assert shown == expected


@pytest.mark.parametrize(
    ("method", "path", "host", "status", "holds"),
    [
        ("GET", "/", "127.0.0.1", 200, '<a href="r2.html">'),
        ("GET", "/r1.html?x=1", "localhost", 200, "<h1>r1</h1>"),
        ("HEAD", "/r1.html", "localhost", 200, ""),
        ("GET", "/r3.html", "localhost", 404, "no such page"),
        ("GET", "/../../etc/passwd", "localhost", 404, "no such page"),
        ("GET", "/..%2f..%2fetc%2fpasswd.html", "localhost", 404, "no such page"),
        ("GET", "//etc/passwd.html", "localhost", 404, "no such page"),
        ("GET", "/published/current.duckdb", "localhost", 404, "no such page"),
        ("GET", "/", "evil.example", 403, "loopback"),
        ("POST", "/", "127.0.0.1", 501, ""),
        ("PUT", "/r1.html", "127.0.0.1", 501, ""),
    ],
)
def test_serve(server: int, method: str, path: str, host: str, status: int, holds: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    assert answer.status == status and holds in body
    assert (method != "HEAD") or not body


@pytest.fixture(scope="module")
def server(home: Path):
    with serving(home, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_serve_refuses_a_taken_port(home: Path, server: int) -> None:
    with pytest.raises(UserError, match=f"port {server}"):
        serving(home, server)
    assert Home(home).current.exists()
