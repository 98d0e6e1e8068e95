"""`chainrule practice`: exercises at the terminal, or as a worksheet."""

import secrets
from collections import Counter
from pathlib import Path

import click

from chainrule.cli.common import Failure, said
from chainrule.errors import ChainruleError, ParseError
from chainrule.exercises import DIFFICULTIES, TOPICS, Practice, Progress, Record, Walkthrough, Worksheet
from chainrule.exercises.messages import LANGUAGES, say
from chainrule.exercises.walkthrough import shown

_PROGRESS = "~/.chainrule/practice.json"


class _Stop(Exception):
    """The student wants no more."""


@click.command()
@click.option("--topic", type=click.Choice(list(TOPICS)), default="mixed", help="What it is about; mixed.")
@click.option("--difficulty", type=click.Choice([str(d) for d in DIFFICULTIES]), default="1", help="1, 2 or 3; 1.")
@click.option("--seed", type=int, help="The same seed gives the same exercises.")
@click.option("--count", type=click.IntRange(1, 200), default=5, help="How many exercises; 5.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", help="Of questions and remarks; en.")
@click.option("--progress", type=click.Path(dir_okay=False), default=_PROGRESS, show_default=True,
              help="The file in which progress is kept.")  # fmt: skip
@click.option("--export", "export", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write a worksheet and its solutions: FILE.html or FILE.tex, or FILE for both.")  # fmt: skip
def practice(topic, difficulty, seed, count, language, progress, export):
    """Exercises in the chain rule: outer and inner function first, then the derivative.

    Any form of a right answer is right. A wrong one is told what went wrong, and where.
    """
    try:
        row = Practice(topic, int(difficulty), secrets.randbelow(10**6) if seed is None else seed, language)
        if export:
            _export(row, count, Path(export))
        else:
            _Drill(row, Progress(progress)).run(count)
    except ChainruleError as error:
        raise Failure(said(error)) from None


def _export(row, count, path):
    sheet = Worksheet(row, count)
    formats = {".html": sheet.html, ".tex": sheet.latex}
    chosen = {path.suffix: formats[path.suffix]} if path.suffix in formats else formats
    stem = path.with_suffix("") if path.suffix in formats else path
    for suffix, render in chosen.items():
        files = [stem.with_name(f"{stem.name}{end}{suffix}") for end in ("", "-solutions")]
        try:
            for file, solutions in zip(files, (False, True)):
                file.write_text(render(solutions=solutions), encoding="utf-8")
        except OSError as error:
            raise Failure(f"{error.filename} cannot be written: {error.strerror}") from None
        click.echo(say("said.exported", row.language, sheet=files[0], solutions=files[1]))


class _Drill:
    """Exercises asked one after the other; each is kept when it is done."""

    def __init__(self, row, progress):
        self.row, self.progress, self.language = row, progress, row.language
        self.right, self.asked, self.slips = 0, 0, Counter()

    def run(self, count):
        click.echo(self._say("said.keys"))
        try:
            for exercise in self.row.first(count):
                self._exercise(exercise)
        except (_Stop, click.Abort, EOFError, KeyboardInterrupt):
            click.echo("\n" + self._say("said.stopped"))
        click.echo("\n" + self._say("said.score", right=self.right, asked=self.asked))
        if self.slips:
            (id, many), *_ = self.slips.most_common(1)
            click.echo(self._say("said.weakest", name=self._say(f"name.{id}"), count=many))
        if self.progress.path.exists():
            click.echo(self._say("said.saved", path=self.progress.path))

    def _exercise(self, exercise):
        click.echo(f"\n{self._say('sheet.exercise', number=self.asked + 1)}. {exercise}")
        walk, tally = Walkthrough(exercise), _Tally()
        while walk.question is not None:
            self._question(walk, tally)
        self.asked += 1
        self.right += tally.solved
        self.slips.update(tally.misconceptions)
        self.progress.add(tally.record(exercise))

    def _question(self, walk, tally):
        """Ask until the answer is right or the solution is asked for."""
        question = walk.question
        while walk.question is question:
            answers = self._answers(question, tally)
            if answers is None:
                tally.solved = tally.solved and question.id != "whole"
                click.echo("  " + self._say("said.solution", answer=shown(walk.give_up())))
                return
            try:
                reply = walk.answer(*answers)
            except ParseError as error:
                click.echo(f"  {error.what}\n{_indented(error.place)}\n  {error.do}")
                continue
            except ChainruleError as error:
                click.echo(f"  {error.what}; {error.do}")
                continue
            click.echo("  " + reply.message[:1].upper() + reply.message[1:])
            if not reply.correct:
                tally.wrong(reply)
                if reply.hint:
                    click.echo("  > " + reply.hint)

    def _answers(self, question, tally):
        """What is typed for each prompt; None where the solution is asked for."""
        answers = []
        for prompt in question.prompts:
            typed = self._typed(prompt)
            while typed in ("h", ""):
                tally.hints += 1
                click.echo("  > " + question.hint)
                typed = self._typed(prompt)
            if typed == "s":
                return None
            answers.append(typed)
        return answers

    @staticmethod
    def _typed(prompt):
        suffix = " " if prompt.endswith("=") else ": "
        typed = click.prompt("  " + prompt, default="", show_default=False, prompt_suffix=suffix)
        if typed.strip().lower() == "q":
            raise _Stop
        return typed.strip()

    def _say(self, key, **values):
        return say(key, self.language, **values)


class _Tally:
    """How one exercise goes."""

    def __init__(self):
        self.wrong_answers, self.hints, self.misconceptions, self.solved = 0, 0, [], True

    def wrong(self, reply):
        self.wrong_answers += 1
        if reply.misconception is not None:
            self.misconceptions.append(reply.misconception)

    def record(self, exercise):
        return Record(
            exercise.topic,
            exercise.difficulty,
            exercise.seed,
            exercise.number,
            str(exercise.question),
            self.solved,
            self.wrong_answers,
            self.hints,
            tuple(self.misconceptions),
        )


def _indented(place):
    return "\n".join("    " + line for line in str(place).splitlines())
