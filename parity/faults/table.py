"""Tables of programs, and the two checks that are run on each."""


class Table:
    """Broken programs with the kind of their first finding, and healthy ones."""

    def __init__(self):
        self.faults, self.healthy = [], []

    def fault(self, kind):
        def keep(program):
            self.faults.append((kind, program))
            return program

        return keep

    def sound(self, program):
        self.healthy.append(program)
        return program


def check_fault(kind, program):
    explanation = program()
    assert [found.kind for found in explanation.findings][:1] == [kind], str(explanation)
    first = explanation.findings[0]
    assert first.evidence and first.repair and explanation.verdict.startswith(kind)


def check_sound(program):
    explanation = program()
    assert explanation.findings == [], str(explanation)


def name_of(part):
    return getattr(part, "__name__", part)
