"""The tour in examples/ is run in a real kernel: every object shows itself in the forms that a notebook can draw."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parent.parent / "examples" / "tour.ipynb"

TEXT, HTML, LATEX = "text/plain", "text/html", "text/latex"
WIDGET = "application/vnd.jupyter.widget-view+json"
PRINTED = "printed"  # a stream, where a cell prints

SHOWN = {  # cell -> what it must show
    "imports": set(),
    "derivation": {TEXT, LATEX, HTML},
    "factors": {TEXT, LATEX, HTML},
    "widget-derive": {TEXT, WIDGET},
    "neuron": {TEXT},
    "explanation": {TEXT, HTML},
    "equations": {TEXT, LATEX},
    "widget-backward": {TEXT, WIDGET},
    "gradient": {TEXT},
    "spellings": {TEXT},
    "tape": {TEXT},
    "deep": {TEXT},
    "findings": {PRINTED},
    "widget-explain": {TEXT, WIDGET},
    "repaired": {TEXT},
    "watch": set(),
    "widget-watch": {TEXT, WIDGET},
    "train": {PRINTED},
    "compiled": {TEXT},
    "report": {PRINTED},
    "graded": {TEXT},
    "practice": {PRINTED},
    "worksheet": {TEXT, HTML},
}


@pytest.fixture(scope="module")
def run():
    """The notebook after a run from the top, in a kernel of its own."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    for needed in ("ipykernel", "anywidget", "llvmlite"):
        pytest.importorskip(needed, reason=f"the notebook needs {needed}")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    return nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()


def outputs(run, name):
    return next(cell for cell in run.cells if cell.id == name).outputs


def shown(run, name, mime=TEXT):
    (data,) = [output.data[mime] for output in outputs(run, name) if "data" in output]
    return data


def printed(run, name):
    return "".join(output.text for output in outputs(run, name) if output.output_type == "stream")


def widget(run, name):
    """The state of a widget as the front end has it at the end."""
    (state,) = run.metadata.widgets.values()
    return state["state"][shown(run, name, WIDGET)["model_id"]]["state"]


def test_it_is_kept_without_outputs():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        assert cell["metadata"] == {} and not cell.get("outputs") and cell.get("execution_count") is None
    assert {cell["id"] for cell in notebook["cells"] if cell["cell_type"] == "code"} == set(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_what_a_cell_shows(run, name):
    found = set()
    for output in outputs(run, name):
        assert output.output_type != "error" and output.get("name") != "stderr"
        found |= set(output.data) if "data" in output else {PRINTED}
    assert found == SHOWN[name]


def test_the_same_gradient_in_every_form(run):
    assert shown(run, "gradient") == "tensor(-0.211508)"
    assert "-0.21150837" in shown(run, "explanation") and "-0.21150837" in shown(run, "explanation", HTML)
    assert shown(run, "spellings") == "tensor(-0.2115)" and "-0.2115083" in shown(run, "tape")
    assert "-0.2115083711370669" in shown(run, "compiled")
    assert "<svg" in shown(run, "explanation", HTML) and r"\begin{aligned}" in shown(run, "equations", LATEX)


def test_the_derivation_in_every_form(run):
    assert "cos((x²)³)·(3(x²)²)·(2x)" in shown(run, "derivation")
    assert "<math" in shown(run, "derivation", HTML) and r"\cos" in shown(run, "derivation", LATEX)
    assert "0.1875" in shown(run, "factors") and "0.1875" in shown(run, "factors", HTML)


def test_the_widgets_hold_their_views(run):
    derive, backward, explain, watch = (
        widget(run, f"widget-{view}") for view in ("derive", "backward", "explain", "watch")
    )
    for state in (derive, backward, explain, watch):
        assert state["_esm"].count("export default") == 1 and "https://" not in state["_esm"]
    assert derive["view"] == "derive" and derive["found"]["title"] == "y = sin(x²)"
    (w,) = [node for node in backward["found"]["nodes"] if node["name"] == "w"]
    assert backward["view"] == "backward" and w["gradient"] == pytest.approx(-0.2115083711370669, rel=1e-14)
    assert explain["view"] == watch["view"] == "explain"
    (finding,) = explain["found"]["findings"]
    link = explain["found"]["links"][finding["link"]]
    assert finding["kind"] == "vanishing"
    assert explain["found"]["program"][link["file"]][str(link["line"])].strip() == "h = activation(z)"
    history = watch["found"]["history"]  # it followed the training cell
    assert [check["step"] for check in history] == [1, 41, 81, 121] and history[-1]["value"] < history[0]["value"] / 3


def test_what_is_said(run):
    assert shown(run, "deep").startswith("'vanishing") and shown(run, "repaired").startswith("'sound")
    assert printed(run, "findings").startswith("vanishing (h₃₇ at cell 12, line 7)") and "what to do: scale" in printed(
        run, "findings"
    )
    steps = [line.split(":")[0] for line in printed(run, "train").splitlines()]
    assert steps == ["step 1", "step 41", "step 81", "step 121"]
    assert "native: 15 instructions" in printed(run, "report")
    assert "the factor of the inner function is missing" in shown(run, "graded")
    assert printed(run, "practice").splitlines()[-1] == "right"
    assert shown(run, "worksheet", HTML).count("<h2") == 3 and "<html" not in shown(run, "worksheet", HTML)
