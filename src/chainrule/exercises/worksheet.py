"""A worksheet, and a solution sheet with every step: HTML or LaTeX, from the derivations' own renderers."""

from html import escape

from chainrule.derivations.rendering import html, latex
from chainrule.derivations.rendering.mathml import MathML
from chainrule.exercises.generator import Practice
from chainrule.exercises.messages import say

_SPACE = "5rem"  # to write in


class Worksheet:
    """Exercises on paper.

    Args:
        practice: where they come from.
        count: how many.

    Attributes:
        exercises: the exercises.

    >>> from chainrule.exercises import practice
    >>> sheet = Worksheet(practice("polynomial", seed=1), 2)
    >>> "<script" in sheet.html(solutions=True), sheet.latex().startswith("\\\\documentclass")
    (False, True)
    """

    def __init__(self, practice: Practice, count=10):
        self.practice, self.language = practice, practice.language
        self.exercises = practice.first(count)

    def html(self, solutions=False) -> str:
        """The sheet as one HTML page that needs nothing else; with the solutions in place of the space to write."""
        return html.page(self._title(solutions), self._html_body(solutions), self.language)

    def _repr_html_(self):
        """In a notebook, a piece of its page."""
        return self._html_body(False)

    def _html_body(self, solutions):
        body = [f"<h1>{escape(self._title(solutions))}</h1>", f"<p>{escape(self._about())}</p>"]
        if not solutions:
            body.append(f"<p>{escape(self._say('sheet.instruction'))}</p>")
        for number, exercise in enumerate(self.exercises, 1):
            body.append(f"<h2>{escape(self._say('sheet.exercise', number=number))}</h2>")
            body.append(self._html_solution(exercise) if solutions else self._html_question(exercise))
        return "\n".join(body)

    def latex(self, solutions=False) -> str:
        """The sheet as a LaTeX document that needs amsmath only."""
        writer = latex.Latex(self.language)
        body = [rf"\section*{{{latex.escaped(self._title(solutions))}}}", latex.escaped(self._about())]
        if not solutions:
            body.append(latex.escaped(self._say("sheet.instruction")))
        for number, exercise in enumerate(self.exercises, 1):
            body.append(rf"\subsection*{{{latex.escaped(self._say('sheet.exercise', number=number))}}}")
            if solutions:
                body.extend(writer.blocks(exercise.derivation.outline(simplify=False).blocks))
            else:
                body.append(rf"\[ {writer.math(exercise.derivation.output)} = {writer.math(exercise.question)} \]")
                body.extend(latex.escaped(line) + r"\hrulefill\par" for line in self._lines(exercise))
                body.append(r"\vspace{2cm}")
        return latex.in_document("\n\n".join(body) + "\n")

    def _html_question(self, exercise):
        writer = MathML(self.language)
        question = html.formula(writer.equal([writer.math(exercise.derivation.output), writer.math(exercise.question)]))
        lines = "".join(f"<li>{escape(line)}</li>" for line in self._lines(exercise))
        return f'<p>{question}</p>\n<ul>{lines}</ul>\n<div style="height:{_SPACE}"></div>'

    def _html_solution(self, exercise):
        outline = exercise.derivation.outline(simplify=False)
        return "\n".join(html.Html(self.language, outline, level=4).blocks(outline.blocks))

    def _lines(self, exercise):
        """What is to be filled in."""
        composed = exercise.derivation.step.chain is not None
        return [self._say("sheet.inside")] * composed + [self._say("sheet.answer")]

    def _title(self, solutions):
        title = self._say("sheet.title")
        return f"{title}: {self._say('sheet.solutions')}" if solutions else title

    def _about(self):
        row = self.practice
        topic = self._say(f"topic.{row.topic}")
        return self._say("sheet.about", topic=topic, difficulty=row.difficulty, seed=row.seed)

    def _say(self, key, **values):
        return say(key, self.language, **values)
