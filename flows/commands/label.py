"""`babelgate label export|import`: a blinded sheet of a run's answers for two annotators, and it read back."""

import argparse
from pathlib import Path

from flows.commands.output import print_json


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["export", "import"])
    parser.add_argument("run", help="the run's name, or 'latest'")
    parser.add_argument("files", nargs="*", help="import: the filled sheet of each annotator (CSV)")
    parser.add_argument("--rubric", required=True)
    parser.add_argument("--count", type=int, default=100, help="answers a language (default 100)")
    parser.add_argument("--language", action="append", default=[], help="only this language; may be repeated")
    parser.add_argument("--against", default="", help="pairwise rubrics: the model that is compared with")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weighted", action="store_true", help="draw half from what judges flagged, and weight it")
    parser.add_argument("--out", help="export: folder for the sheet (default: labels/ under the home)")


def execute(arguments: argparse.Namespace) -> int:
    from flows import environment
    from judges.rubric import load_rubric
    from tasks.runs import read_run

    home = environment.home()
    run, rubric = read_run(home, arguments.run), load_rubric(arguments.rubric)
    stem = f"{run.run_id}.{rubric.name}"
    return (
        _export(arguments, home, run, rubric, stem)
        if arguments.verb == "export"
        else _import(arguments, home, run.run_id, rubric, stem)
    )


def _export(arguments: argparse.Namespace, home: Path, run, rubric, stem: str) -> int:
    from tasks.annotate import draw, sheet
    from tasks.judge_rates import flagged_answers
    from tasks.judge_stored import answers_to_read

    chosen = answers_to_read(home, run, rubric, languages=tuple(arguments.language) or None, against=arguments.against)
    flagged = flagged_answers(home, run.run_id, rubric.name) if arguments.weighted else {}
    labels = draw(rubric, chosen.candidates, flagged, run_id=run.run_id, count=arguments.count, seed=arguments.seed)
    made = sheet(rubric, labels)
    folder = Path(arguments.out) if arguments.out else home / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    (home / "labels").mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.csv").write_text(made.csv, encoding="utf-8-sig")
    (folder / f"{stem}.html").write_text(made.html, encoding="utf-8")
    key = "".join(label.model_dump_json() + "\n" for label in made.key)
    (home / "labels" / f"{stem}.key.jsonl").write_text(key, encoding="utf-8")
    if arguments.json:
        print_json({"answers": len(labels), "csv": str(folder / f"{stem}.csv"), "html": str(folder / f"{stem}.html")})
        return 0
    print(f"{len(labels)} answers: {folder / stem}.html (or .csv); give each annotator a copy, without the key")
    print(f"then: babelgate label import {run.run_id} --rubric {rubric.name} FIRST.csv SECOND.csv")
    return 0


def _import(arguments: argparse.Namespace, home: Path, run_id: str, rubric, stem: str) -> int:
    from tasks.annotate import read_back
    from tasks.calibrate import Label
    from tasks.land import load_and_publish
    from tasks.land_judge import land_labels
    from tasks.schema import UserError

    if not 1 <= len(arguments.files) <= 2:
        raise UserError(f"'label import' reads the sheets of one or two annotators, not {len(arguments.files)}")
    path = home / "labels" / f"{stem}.key.jsonl"
    if not path.is_file():
        raise UserError(f"there is no key {path}: 'babelgate label export' makes it together with the sheet")
    key = [Label.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found = read_back(rubric, key, [(Path(f), Path(f).read_text(encoding="utf-8-sig")) for f in arguments.files])
    out = home / "labels" / f"{stem}.labels.jsonl"
    out.write_text("".join(label.model_dump_json() + "\n" for label in found.labels), encoding="utf-8")
    land_labels(home, run_id, found.labels, rubric)
    load_and_publish(home, run_id)
    kappa = found.kappa
    if arguments.json:
        print_json({"labels": len(found.labels), "both": found.both, "disagreed": found.disagreed,
                    "kappa": kappa.value, "kappa_lo": kappa.lo, "kappa_hi": kappa.hi, "file": str(out)})  # fmt: skip
        return 0
    print(f"{len(found.labels)} labels in {out}; {len(found.disagreed)} of {found.both} answers were disagreed on")
    if kappa.value is not None and kappa.lo is not None and kappa.hi is not None:
        print(f"the annotators' Cohen's κ is {kappa.value:.2f} [{kappa.lo:.2f}, {kappa.hi:.2f}]")
    return 0
