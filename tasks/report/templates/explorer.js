"use strict";
// The failure explorer. Every text goes in as text (textContent), never as HTML.
(function () {
  const data = document.getElementById("failures-data");
  if (!data) return;
  const rows = JSON.parse(data.textContent);
  const form = document.getElementById("filters");
  const list = document.getElementById("answers");
  const more = document.getElementById("more");
  const STEP = 20;
  let found = rows, shown = 0;

  function put(parent, name, text, css) {
    const element = document.createElement(name);
    if (css) element.className = css;
    if (text) element.textContent = text;
    parent.appendChild(element);
    return element;
  }

  function words(parent, title, pieces, lang) {
    if (!pieces.length) return;
    put(parent, "h4", title);
    const box = put(parent, "div", "", "text");
    box.dir = "auto";
    if (lang) box.lang = lang;
    for (const [text, kind] of pieces) {
      if (!kind) box.appendChild(document.createTextNode(text));
      else if (kind === "cut") put(box, "i", text);
      else put(box, "mark", text, kind === "extracted" ? "extracted" : "switch").title = kind;
    }
  }

  function figure(value) {
    return value === null ? "–" : String(Math.round(value * 1000) / 1000);
  }

  function show(row) {
    const box = put(list, "article", "", "answer");
    const repeat = row.repeat ? " · repeat " + row.repeat : "";
    put(box, "p", [row.lang, row.model, row.dataset, row.item, row.status].join(" · ") + repeat, "over");
    for (const [role, text] of row.prompt) words(box, role, [[text]], row.lang);
    words(box, "thinking", row.thinking, "");
    words(box, "answer", row.answer, row.lang);
    const both = put(box, "div", "", "both");
    words(put(both, "div"), "gold", row.gold.map((text, i) => [(i ? "\n" : "") + text]), row.lang);
    const read = row.extraction === "found" ? row.extracted : row.extraction || "nothing";
    words(put(both, "div"), "read as the answer" + (row.method ? " (" + row.method + ")" : ""), [[read]], row.lang);
    if (row.error) words(box, "error", [[row.error]], "");
    const scores = row.scores.map(([metric, value, reason]) => metric + " " + figure(value) + (reason ? " (" + reason + ")" : ""));
    put(box, "p", scores.join(" · "), "over");
    for (const [judge, rubric, status, verdict, value, evidence] of row.verdicts) {
      words(box, "judge " + judge + ", " + rubric + ": " + (verdict || status), [[evidence || figure(value)]], row.lang);
    }
  }

  function page() {
    for (const row of found.slice(shown, shown + STEP)) show(row);
    shown = Math.min(found.length, shown + STEP);
    more.hidden = shown >= found.length;
    document.getElementById("matches").textContent = found.length + " answers, " + shown + " shown";
  }

  function texts(row) {
    const join = (pieces) => pieces.map((piece) => piece[0]).join("");
    return [...row.prompt.map((turn) => turn[1]), join(row.thinking), join(row.answer)].join("\n").toLowerCase();
  }

  function filter() {
    const want = new FormData(form);
    const typed = String(want.get("words") || "").toLowerCase();
    found = rows.filter((row) => ["model", "lang", "dataset", "status"].every((key) => !want.get(key) || row[key] === want.get(key))
      && (!typed || texts(row).includes(typed)));
    shown = 0;
    list.replaceChildren();
    page();
  }

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", page);
  filter();
})();
