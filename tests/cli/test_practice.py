"""`chainrule practice`: exercises at the terminal, progress in a file, worksheets."""

import json
import xml.etree.ElementTree as ElementTree

import click
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule.cli import main
from chainrule.exercises import TOPICS, Walkthrough
from chainrule.exercises.messages import LANGUAGES


@pytest.fixture
def run(tmp_path):
    def run(*arguments, typed=""):
        arguments = ["practice", "--progress", str(tmp_path / "progress.json"), *arguments]
        return CliRunner().invoke(main, arguments, input=typed)

    return run


def _solutions(topic, count, difficulty=1, seed=1):
    """What a student who makes no mistake types."""
    for exercise in cr.practice(topic, difficulty, seed).first(count):
        walk = Walkthrough(exercise)
        while walk.question is not None:
            yield from map(str, walk.give_up())


def test_all_right(run, tmp_path):
    typed = "\n".join(_solutions("polynomial", 2)) + "\n"
    result = run("--topic", "polynomial", "--seed", "1", "--count", "2", typed=typed)
    assert result.exit_code == 0, result.output
    assert "Exercise 1. Differentiate (3x + 6)⁴ by x." in result.output
    assert "Outer function, in u" in result.output and "2 of 2 right." in result.output
    kept = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert [entry["right"] for entry in kept["exercises"]] == [True, True]


def test_hints_wrong_answers_and_solutions(run, tmp_path):
    typed = "h\nu^4\n3x+6\nu^3\n\ns\n3\n4(3x+6)^3\ns\n"
    result = run("--topic", "polynomial", "--seed", "1", "--count", "1", typed=typed)
    assert result.exit_code == 0, result.output
    assert "> look for the function that is applied last" in result.output
    assert "Not right: the exponent of u⁴ was lowered, but did not come down as a factor." in result.output
    assert "The answer: 4u³" in result.output
    assert "the factor of the inner function is missing: 3x + 6 has a derivative of its own" in result.output
    assert "0 of 1 right." in result.output and "What went wrong most often" in result.output
    entry = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))["exercises"][0]
    assert entry["misconceptions"] == ["exponent-not-brought-down", "missing-inner-factor"]
    assert (entry["right"], entry["wrong answers"], entry["hints"]) == (False, 2, 2)


def test_what_cannot_be_read_is_asked_again(run):
    result = run("--topic", "powers", "--seed", "1", "--count", "1", typed="2x +\n2t\nq\n")
    assert result.exit_code == 0 and result.output.count("The derivative:") == 3
    assert "^" in result.output and "the answer contains t, which the question does not" in result.output


@pytest.mark.parametrize("typed", ["q\n", "", "u^4\n"])
def test_stopping_keeps_what_was_done(run, tmp_path, typed):
    done = "\n".join(_solutions("polynomial", 1)) + "\n"
    result = run("--topic", "polynomial", "--seed", "1", typed=done + typed)
    assert result.exit_code == 0 and "Stopped." in result.output and "1 of 1 right." in result.output
    assert len(json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))["exercises"]) == 1


def test_ctrl_c_leaves_nothing_broken(run, tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(click, "prompt", stop)
    result = run("--seed", "1")
    assert result.exit_code == 0 and "Stopped." in result.output and not (tmp_path / "progress.json").exists()


def test_progress_adds_up(run, tmp_path):
    for seed in ("1", "2"):
        run("--topic", "powers", "--seed", seed, "--count", "1", typed="s\n")
    kept = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert [entry["seed"] for entry in kept["exercises"]] == [1, 2]


def test_a_file_that_is_something_else_is_refused(run, tmp_path):
    (tmp_path / "progress.json").write_text("my notes")
    result = run(typed="q\n")
    assert result.exit_code == 1 and "is not a record of exercises" in result.output
    assert (tmp_path / "progress.json").read_text() == "my notes"


@pytest.mark.parametrize("language", LANGUAGES)
def test_worksheets(run, tmp_path, language):
    result = run("--export", str(tmp_path / "sheet"), "--count", "3", "--seed", "4", "--language", language)
    assert result.exit_code == 0, result.output
    names = {"sheet.html", "sheet-solutions.html", "sheet.tex", "sheet-solutions.tex"}
    assert {path.name for path in tmp_path.iterdir()} == names and all(name in result.output for name in names)
    for name in names:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert (r"\usepackage{amsmath}" in text) if name.endswith("tex") else ElementTree.fromstring(text[16:])


def test_one_format_by_its_ending(run, tmp_path):
    run("--export", str(tmp_path / "sheet.tex"), "--seed", "4", "--count", "2")
    assert {path.name for path in tmp_path.iterdir()} == {"sheet.tex", "sheet-solutions.tex"}


def test_a_worksheet_that_cannot_be_written(run, tmp_path):
    result = run("--export", str(tmp_path / "nowhere" / "sheet.html"), "--count", "1")
    assert result.exit_code == 1 and "cannot be written" in result.output


def test_help_names_the_topics_and_bad_ones_are_refused(run):
    assert all(topic in run("--help").output for topic in TOPICS)
    assert run("--topic", "integrals").exit_code == 2
