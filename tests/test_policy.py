"""Policies: the shipped ones load, and a bad one is refused in one sentence before anything runs."""

from pathlib import Path

import pytest
import yaml

from datasets_cfg.strict_yaml import ConfigError
from tasks.metrics import METRICS
from tasks.policy import POLICIES, Rule, check_against, load_policy, policy_names, schema_text
from tasks.quantities import QUANTITIES
from tasks.schema import UserError

GOOD = "name: mine\nrules:\n  - {name: a, quantity: accuracy, at_least: 0.7}\n"


def _refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_policy(str(path))
    found = str(caught.value)
    assert found.startswith(str(path)) and "\n" not in found
    return found.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", policy_names())
def test_shipped_policies_load(name: str) -> None:
    policy = load_policy(name)
    assert policy.name == name
    assert any(rule.tier == "critical" for rule in policy.rules)


def test_default_protects_each_language() -> None:
    policy = load_policy("default")
    assert (policy.alpha, policy.min_items, policy.baseline) == (0.05, 200, "production")
    assert {rule.quantity for rule in policy.rules if rule.scope == "each_language" and rule.tier == "critical"} == {
        "accuracy", "wrong_language", "code_switch",
    }  # fmt: skip


def test_policies_found_by_name_folder_and_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert load_policy("mine", [tmp_path]).rules[0].form == "at_least"
    assert load_policy(str(tmp_path / "mine.yaml")).min_items == 200
    assert "mine" in policy_names([tmp_path])
    with pytest.raises(UserError, match="unknown policy 'defualt'; did you mean 'default'"):
        load_policy("defualt")


def test_every_metric_can_be_gated_on() -> None:
    assert METRICS.keys() <= QUANTITIES.keys()
    assert {"code_switch", "wrong_language", "exact_match", "chrf"} <= METRICS.keys()
    assert (QUANTITIES["chrf"].weighed, QUANTITIES["chrf"].upper) == ("corpus", 100)
    assert (QUANTITIES["exact_match"].weighed, QUANTITIES["exact_match"].better) == ("rate", "higher")


def test_editor_schema_is_current() -> None:
    assert (POLICIES / "schema.json").read_text() == schema_text()


# one rule -> the sentence, after the file's name
ONE_RULE = [
    ("quantity: acuracy, at_least: 0.7", "rules.0.quantity: unknown quantity 'acuracy'; did you mean 'accuracy'?"),
    ("quantity: chrF, at_least: 50", "unknown quantity 'chrF'; did you mean 'chrf'?"),
    ("quantity: judge.gramar, at_most: 0.1", "did you mean 'judge.grammar'?"),
    ("quantity: accuracy, at_least: 1.5", "accuracy at_least 1.5 is impossible: it lies from 0 to 1"),
    ("quantity: accuracy, at_least: 80", "accuracy at_least 80 is impossible: it lies from 0 to 1; did you mean 0.8?"),
    ("quantity: accuracy, at_least: -0.1", "accuracy at_least -0.1 is impossible: it lies from 0 to 1"),
    ("quantity: accuracy, at_least: 0", "accuracy at_least 0 is always met"),
    ("quantity: accuracy, at_least: 1", "accuracy at_least 1 can never be shown"),
    ("quantity: code_switch, at_most: 0", "code_switch at_most 0 can never be shown"),
    ("quantity: code_switch, at_most: 1.0", "code_switch at_most 1 is always met"),
    ("quantity: accuracy, at_least: .nan", "at_least: input should be a finite number"),
    ("quantity: cost_per_1000, at_most: .inf", "at_most: input should be a finite number"),
    ("quantity: cost_per_1000, at_most: -1", "cost_per_1000 at_most -1 is impossible: it lies from 0 and up"),
    ("quantity: chrf, at_least: 101", "chrf at_least 101 is impossible: it lies from 0 to 100"),
    ("quantity: accuracy, margin: 3", "its margin lies from 0 to 1; did you mean 0.03?"),
    ("quantity: accuracy, margin: 0", "accuracy margin 0 is impossible"),
    ("quantity: accuracy, margin: -0.03", "accuracy margin -0.03 is impossible"),
    ("quantity: accuracy", "rule 'a' needs exactly one of at_least, at_most, margin, one_of, is_true; it has none"),
    ("quantity: accuracy, at_least: 0.5, margin: 0.1", "it has at_least and margin"),
    ("quantity: accuracy, one_of: [MIT]", "accuracy takes at_least or at_most or margin, not one_of"),
    ("quantity: licence, at_least: 1", "licence takes one_of, not at_least"),
    ("quantity: revision_pinned, one_of: [yes]", "revision_pinned takes is_true, not one_of"),
    ("quantity: licence, one_of: [MIT], scope: each_language", "licence belongs to the model, so it has no scope"),
    ("quantity: accuracy, at_least: 0.5, languages: []", "rules.0.languages: list should have at least 1 item"),
    ("quantity: accuracy, at_least: 0.5, datasets: []", "rules.0.datasets: list should have at least 1 item"),
    ("quantity: licence, one_of: []", "rules.0.one_of: list should have at least 1 item"),
    ("quantity: accuracy, at_least: 0.5, languages: [swa]", "unknown language 'swa'; did you mean 'sw'?"),
    ("quantity: english_gap, at_most: 0.1, languages: [en]", "compares with English, so 'en' alone is empty"),
    ("quantity: accuracy, at_least: 0.5, scope: group", "rule 'a' needs the name of a group"),
    ("quantity: accuracy, at_least: 0.5, group: asia", "rule 'a' has a group, so it needs scope: group"),
    ("quantity: accuracy, at_least: 0.5, scope: group, group: asia", "unknown group 'asia' (the policy has no groups)"),
    ("quantity: accuracy, at_least: 0.5, scope: per_language", "did you mean 'each_language'?"),
    ("quantity: accuracy, at_least: 0.5, tier: critcal", "'critcal' is none of critical, supporting, advisory"),
    ("quantity: accuracy, atleast: 0.5", "unknown key 'atleast'; did you mean 'at_least'?"),
    ("quantity: accuracy, at_least: 0.5, min_items: 0", "min_items: input should be greater than or equal to 1"),
    ("quantity: accuracy, at_least: high", "at_least: input should be a valid number"),
    ("quantity: accuracy, at_least: 0.5, tier: advisory", "no rule is critical, so this policy could never say GO"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sentence"), ONE_RULE)
def test_a_bad_rule_is_one_sentence(tmp_path: Path, rule: str, sentence: str) -> None:
    assert sentence in _refusal(tmp_path, f"name: mine\nrules:\n  - {{name: a, {rule}}}\n")


# two rules (and the policy's groups) -> the sentence
TWO_RULES = [
    ("quantity: accuracy, at_least: 0.8", "quantity: accuracy, at_most: 0.7",
     "rules 'a' and 'b' contradict each other: accuracy cannot be at least 0.8 and at most 0.7"),
    ("quantity: accuracy, at_least: 0.8, scope: each_language",
     "quantity: accuracy, at_most: 0.7, scope: worst_language",
     "contradict each other"),
    ("quantity: refusal, at_least: 0.3, languages: [sw, th]", "quantity: refusal, at_most: 0.1, languages: [th]",
     "contradict each other"),
    ("quantity: licence, one_of: [MIT]", "quantity: licence, one_of: [Apache-2.0]", "no licence is in both lists"),
    ("quantity: revision_pinned, is_true: true", "quantity: revision_pinned, is_true: false",
     "revision_pinned cannot be both true and false"),
    ("quantity: accuracy, at_least: 0.8", "quantity: accuracy, at_least: 0.7",
     "ask the same twice; keep the stricter one"),
    ("quantity: accuracy, margin: 0.1, languages: [sw, th]", "quantity: accuracy, margin: 0.2, languages: [th, sw]",
     "ask the same twice"),
    ("quantity: accuracy, at_least: 0.8, scope: group, group: asia, languages: [sw]", "quantity: refusal, at_most: 0.5",
     "rule 'a' has an empty scope: none of its languages is in 'asia'"),
    ("quantity: accuracy, at_least: 0.8, scope: group, group: aisa", "quantity: refusal, at_most: 0.5",
     "unknown group 'aisa'; did you mean 'asia'?"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "sentence"), TWO_RULES)
def test_rules_that_do_not_go_together(tmp_path: Path, one: str, other: str, sentence: str) -> None:
    text = f"name: mine\ngroups: {{asia: [th, id]}}\nrules:\n  - {{name: a, {one}}}\n  - {{name: b, {other}}}\n"
    assert sentence in _refusal(tmp_path, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("quantity: accuracy, at_least: 0.8, languages: [sw]", "quantity: accuracy, at_most: 0.7, languages: [th]"),
        ("quantity: accuracy, at_least: 0.8, datasets: [mgsm]", "quantity: accuracy, at_most: 0.7, datasets: [xnli]"),
        (
            "quantity: accuracy, at_least: 0.8, scope: overall",
            "quantity: accuracy, at_most: 0.7, scope: worst_language",
        ),
        ("quantity: accuracy, at_least: 0.7", "quantity: accuracy, at_least: 0.8, tier: advisory"),
        ("quantity: accuracy, at_least: 0.7", "quantity: accuracy, margin: 0.05"),
        ("quantity: accuracy, at_least: 0.5", "quantity: accuracy, at_most: 0.99"),
        ("quantity: licence, one_of: [MIT, X]", "quantity: licence, one_of: [MIT], tier: advisory"),
    ],
)
def test_rules_that_do_go_together(tmp_path: Path, one: str, other: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(f"name: mine\nrules:\n  - {{name: a, {one}}}\n  - {{name: b, {other}}}\n")
    assert len(load_policy(str(path)).rules) == 2


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name: mine", "name: mine\nalpha: 5", "alpha: input should be less than 0.5, not 5"),
        ("name: mine", "name: mine\nminitems: 5", "unknown key 'minitems'; did you mean 'min_items'?"),
        ("name: mine", "name: mine\ngroups: {asia: []}", "list should have at least 1 item"),
        ("name: mine", "name: mine\ngroups: {asia: [xx]}", "groups: unknown language 'xx'"),
        ("name: mine", "name: mine\nlanguages: []", "languages: list should have at least 1 item"),
        ("name: mine", "name: mine\nlanguages: [swa]", "languages: unknown language 'swa'; did you mean 'sw'?"),
        ("name: mine", "name: mine\nlanguages: sw", "languages: input should be a valid list, not 'sw'"),
        (
            "name: mine",
            "name: mine\nlanguage_error_limit: 2",
            "language_error_limit: input should be less than 1, not 2",
        ),
        ("name: mine", "name: mine\nlanguage_error_limit: -0.1", "should be greater than or equal to 0"),
        ("name: mine", "name: mine\nlanguage_errors_limit: 0.1", "did you mean 'language_error_limit'?"),
        (
            "0.7}",
            "0.7, languages: [sw]}\nlanguages: [th]",
            "has an empty scope: none of its languages is among the policy",
        ),
        ("rules:", "rules: []\n_:", "unknown key '_'"),
        ("name: mine\n", "", "the key 'name' is missing"),
        ("0.7}", "0.7}\n  - {name: a, quantity: refusal, at_most: 0.1}", "two rules are named 'a'"),
    ],
)
def test_a_bad_policy_is_one_sentence(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert sentence in _refusal(tmp_path, GOOD.replace(old, new, 1))


def test_a_policy_must_fit_the_run(tmp_path: Path) -> None:
    text = GOOD.replace("0.7}", "0.7, languages: [sw], datasets: [mgsm], categories: [law]}")
    (tmp_path / "p.yaml").write_text(text)
    policy = load_policy(str(tmp_path / "p.yaml"))
    there = {"languages": ["sw", "th"], "datasets": ["mgsm"], "categories": ["law"]}
    check_against(policy, **there)
    for lacking, sentence in [
        ({"languages": ["th"]}, "asks for language 'sw', which the run does not have"),
        ({"datasets": ["mgsm2"]}, "asks for data set 'mgsm', which the run does not have; did you mean 'mgsm2'?"),
        ({"categories": []}, "asks for category 'law', which the run does not have (it has: none)"),
    ]:
        with pytest.raises(UserError) as caught:
            check_against(policy, **{**there, **lacking})
        assert sentence in str(caught.value)


def test_every_shipped_rule_says_why_or_is_plain() -> None:
    rules: list[Rule] = [rule for name in policy_names() for rule in load_policy(name).rules]
    assert all(rule.why or rule.form != "margin" for rule in rules)
    assert not [path for path in POLICIES.glob("*.yaml") if yaml.safe_load(path.read_text())["name"] != path.stem]
