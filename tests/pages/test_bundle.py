"""A page as a file: what stands in it is data, whatever it says."""

import json
import re

import pytest

from chainrule.pages import bundle


@pytest.mark.parametrize("text", ["</script><script>run()</script>", "<!--<script>", "{title} {0} %s $dom", "\u2028 ∂"])
def test_any_text_is_data(text, tmp_path):
    page = bundle.document(text, {"text": text}, "dom", [], [], f"<p>{text}</p>")
    found = re.search('<script type="application/json" id="found">(.*?)</script>', page)[1]
    assert json.loads(found) == {"text": text} and "<" not in found
    assert "<" not in re.search("<title>(.*?)</title>", page)[1]


def test_numbers_that_json_lacks_are_refused():
    with pytest.raises(ValueError):
        bundle.quoted({"x": float("nan")})


def test_a_module_stands_after_those_that_it_needs_and_once(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nimport { h } from "./dom.js";\nexport const a = b;\n')
    (tmp_path / "b.js").write_text('import { h } from "./dom.js";\nexport function b() {}\nexport class C {}\n')
    script = bundle.script("a", [tmp_path])
    assert re.findall(r"^const \$(\w+)", script, re.MULTILINE) == ["dom", "b", "a"]
    assert "return { b, C };" in script and "const { b } = $b;" in script
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)


def test_a_module_that_is_not_there_is_a_defect(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.js"):
        bundle.script("missing", [tmp_path])
