"""The views Derive, Backpropagation and Explain in a notebook: the page's own modules, as an anywidget.

The widget draws in a shadow tree, so that neither the notebook's style nor the view's reaches the other.
"""

import re

from chainrule import places
from chainrule.core.record import TENSORS
from chainrule.errors import ArgumentError, ChainruleError, MissingPackageError
from chainrule.explanations import Explanation
from chainrule.explanations.collect.names import in_scopes
from chainrule.explanations.watching import Watch
from chainrule.pages.bundle import quoted
from chainrule.studio import saved
from chainrule.studio.deriving import derived
from chainrule.studio.replay import replayed

try:
    import anywidget
    import traitlets
except ModuleNotFoundError:
    raise MissingPackageError(
        "anywidget is not installed, and a widget needs it", 'pip install "chainrule[notebook]"', place=""
    ) from None


def _in_a_shadow(style):
    """The style sheet for a shadow tree: what holds for the page holds for its host."""
    style = style.replace(':root:not([data-theme="light"])', ":host").replace(
        ':root[data-theme="dark"]', ":host(.dark)"
    )
    return re.sub(r"(?m)^html \{", ":host {", style.replace(":root", ":host"))


class Studio(anywidget.AnyWidget):
    """A view of the studio in a notebook. Made by `widget`.

    Attributes:
        view: "derive", "backward" or "explain".
        text: what is typed; setting it derives again.
        found: what the view shows, as the server would answer it.
        problem: what is wrong with the text, and what to do; {} where nothing is.
    """

    _esm = (
        f"{saved.script('notebook')}const style = {quoted(_in_a_shadow(saved.style()))};\n"
        "export default { render({ model, el }) { $notebook.render(model, el, style); } };\n"
    )
    view = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    found = traitlets.Dict().tag(sync=True)
    problem = traitlets.Dict().tag(sync=True)

    def __init__(self, derive=None, **state):
        self._derive = derive
        super().__init__(**state)

    @traitlets.observe("text")
    def _typed(self, change):
        if self._derive is None or not change.new.strip():
            return
        try:
            self.found = self._derive(change.new)
            self.problem = {}
        except ChainruleError as error:
            self.problem = {"message": error.what, "advice": error.do}


def widget(what, variable=None, window=(-3.0, 3.0), fixed=None):
    """An interactive view for a notebook.

    Args:
        what: a function as `chainrule.derive` reads it, shown with a line to type in, its derivation and its numbers
            at a slider; or a Tensor of one number, shown as its graph with both walks, step by step; or what
            `chainrule.explain` returns, shown as its folded graph with every link and finding; or what
            `chainrule.watch` returns, shown so while the training runs.
        variable, window, fixed: as for `studio.deriving.derived`; for a function only.

    Raises: what `derive` raises, or `replay.replayed`; ArgumentError for anything else.

    >>> import chainrule as cr
    >>> w = cr.widget("sin(x^2)")
    >>> w.text = "cos(x^2)"
    >>> w.found["copies"]["plain text"]
    '−sin(x²)·(2x)'
    """
    if isinstance(what, str):

        def derive(text):
            return derived(text, variable, window, fixed)

        return Studio(derive, view="derive", found=derive(what), text=what)
    if type(what) in TENSORS:
        frame = places.user_frame()
        scopes = [] if frame is None else [frame.f_locals, frame.f_globals]
        return Studio(view="backward", found=replayed(what, *in_scopes(scopes)) | {"source": ""})
    if isinstance(what, Explanation):
        return Studio(view="explain", found=what.as_dict())
    if isinstance(what, Watch):
        shown = Studio(view="explain", found=what.report or {})
        what.listeners.append(lambda report: shown.set_trait("found", report))
        return shown
    raise ArgumentError(
        f"there is no view of a {type(what).__name__}",
        "give a function as text, a Tensor of one number, or what explain or watch returns",
    )
