"""Every broken program gets the right first finding, every healthy one none."""

import pytest

from tests.faults import programs

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, of the broken programs themselves


@pytest.mark.parametrize(("kind", "program"), programs.FAULTS, ids=lambda part: getattr(part, "__name__", part))
def test_the_first_finding_names_the_fault(kind, program):
    explanation = program()
    assert [found.kind for found in explanation.findings][:1] == [kind], str(explanation)
    first = explanation.findings[0]
    assert first.evidence and first.repair and explanation.verdict.startswith(kind)
    if first.where.file is not None:
        assert first.where.file.endswith("programs.py") and first.where.line


@pytest.mark.parametrize("program", programs.HEALTHY, ids=lambda program: program.__name__)
def test_a_healthy_program_has_no_finding(program):
    explanation = program()
    assert explanation.findings == [], str(explanation)
    assert explanation.verdict.startswith("sound")
