"""The command: it runs the user's script, prints the explanation, and says in one message what is wrong."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from chainrule.cli import main

SCRIPT = """
import numpy as np, chainrule as cr

class Layer:
    def __init__(self, w):
        self.weight = cr.tensor(w, requires_grad=True)

layers = [Layer(0.5), Layer(1.5)]
params = {"W": layers[1].weight}
c = cr.tensor(2.0)
count = 3
h = layers[0].weight * c
loss = np.exp(h) * params["W"]
loss.backward()
print("loss is", loss.item())
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(main, [*arguments])


def test_it_explains_a_script_that_already_ran_backward(script):
    result = run("explain", script, "--of", "loss", "--wrt", "layers[0].weight")
    assert result.exit_code == 0
    assert result.stdout.startswith("loss is 4.07")
    assert "∂loss/∂layers[0].weight = 8.1548455" in result.stdout
    assert "∂loss/∂h = params['W']·exp(h) = 1.5·exp(1) = 4.0774227" in " ".join(result.stdout.split())


@pytest.mark.parametrize("name", ["layers.1.weight", 'params["W"]', "params['W']", "params.W", "layers[-1].weight"])
def test_dotted_and_indexed_names(script, name):
    result = run("explain", script, "--of", "loss", "--wrt", name)
    assert result.exit_code == 0, result.output
    assert f"∂loss/∂{name} = 2.7182818" in result.stdout


@pytest.mark.parametrize(
    ("of", "wrt", "message"),
    [
        ("los", "c", "--of los: the script has no variable of that name. Did you mean loss?"),
        ("loss", "xyz", "The script's Tensors are: c, h, loss."),
        ("loss", "count", "--wrt count is a int, not a Tensor"),
        ("loss", "c", "--wrt c does not require a gradient"),
        ("loss", "layers[7].weight", "--wrt layers[7]: layers (a list) has no [7]"),
        ("loss", "layers[0].bias", "layers[0] (a Layer) has no .bias"),
        ("loss", "f(x)", "--wrt f(x): this is not a variable of the script"),
        ("loss", "", "--wrt is empty"),
        ("h", "params.W", "no path leads from the value to params.W"),
    ],
)
def test_one_readable_message(script, of, wrt, message):
    result = run("explain", script, "--of", of, "--wrt", wrt)
    assert result.exit_code in (1, 2)
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_script_that_is_not_there(tmp_path):
    result = run("explain", str(tmp_path / "no.py"), "--of", "a", "--wrt", "b")
    assert result.exit_code == 2 and "was not found" in result.stderr
    result = run("explain", str(tmp_path), "--of", "a", "--wrt", "b")
    assert result.exit_code == 2 and "is not a file" in result.stderr


def test_a_script_that_raises_shows_its_own_line_only(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def f():\n    return 1 / 0\n\nf()\n")
    result = run("explain", str(path), "--of", "a", "--wrt", "b")
    assert result.exit_code == 1
    assert "broken.py raised an error" in result.stderr
    assert "line 2, in f" in result.stderr and "ZeroDivisionError" in result.stderr
    assert "runpy" not in result.stderr and "cli.py" not in result.stderr


def test_a_script_with_a_syntax_error(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("x = (\n")
    result = run("explain", str(path), "--of", "a", "--wrt", "b")
    assert result.exit_code == 1 and "SyntaxError" in result.stderr and "line 1" in result.stderr


def test_a_script_that_ends_itself(script):
    with open(script, "a") as file:
        file.write("import sys\nsys.exit(0)\n")
    result = run("explain", script, "--of", "loss", "--wrt", "params.W")
    assert result.exit_code == 0 and "2.7182818" in result.stdout
    with open(script, "a") as file:
        file.write("")
    with open(script) as file:
        text = file.read().replace("sys.exit(0)", "sys.exit(3)")
    with open(script, "w") as file:
        file.write(text)
    result = run("explain", script, "--of", "loss", "--wrt", "params.W")
    assert result.exit_code == 1 and "ended with exit code 3" in result.stderr


def test_the_scripts_arguments_and_neighbours(tmp_path):
    (tmp_path / "neighbour.py").write_text("factor = 4.0\n")
    path = tmp_path / "main.py"
    path.write_text(
        "import sys, numpy as np, chainrule as cr\nfrom neighbour import factor\n"
        "w = cr.tensor(float(sys.argv[2]), requires_grad=True)\ny = w * factor\n"
        "assert __name__ == '__main__'\n"
    )
    before = list(sys.path), list(sys.argv)
    result = run("explain", str(path), "--of", "y", "--wrt", "w", "--", "--rate", "0.25")
    assert result.exit_code == 0, result.output
    assert "∂y/∂w = factor" in result.stdout
    assert (sys.path, sys.argv) == before
    del sys.modules["neighbour"]


def test_the_width_is_kept(script):
    result = run("explain", script, "--of", "loss", "--wrt", "params.W", "--width", "50")
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 50
    assert run("explain", script, "--of", "loss", "--wrt", "params.W", "--width", "3").exit_code == 2


def test_the_report_as_a_page_and_as_json(script, tmp_path):
    page = tmp_path / "report.html"
    result = run("explain", script, "--of", "loss", "--wrt", "params.W", "--html", str(page), "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout.split("\n", 1)[1])  # the script prints a line of its own
    assert data["of"] == "loss" and data["findings"] == [] and data["links"]
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    bad = run("explain", script, "--of", "loss", "--wrt", "params.W", "--html", str(tmp_path / "no" / "x.html"))
    assert bad.exit_code == 2 and "cannot be written" in bad.stderr


def test_a_terminal_without_the_signs_gets_letters(script):
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "explain", script, "--of", "loss", "--wrt", "params.W"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert "dloss/dparams.W" in done.stdout and "?" not in done.stdout


def test_version_and_module():
    assert run("--version").output.startswith("chainrule ")
    done = subprocess.run([sys.executable, "-m", "chainrule", "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("chainrule ")


def test_importing_the_library_imports_neither_click_nor_rich():
    code = "import sys, chainrule; assert not {'click', 'rich'} & set(sys.modules), 'heavy'"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_names_beyond_ascii(tmp_path):
    path = tmp_path / "angle.py"
    path.write_text(
        "import numpy as np, chainrule as cr\nθ = cr.tensor(0.5, requires_grad=True)\nŷ = np.sin(θ)\n", encoding="utf-8"
    )
    result = run("explain", str(path), "--of", "ŷ", "--wrt", "θ")
    assert result.exit_code == 0 and "∂ŷ/∂θ = 0.87758256" in result.output
