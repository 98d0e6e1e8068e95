"""What was practised and how it went: one JSON file that a person can read.

    {"format": 1,
     "exercises": [
       {"day": "2026-11-24", "topic": "polynomial", "difficulty": 1, "seed": 1, "number": 1, "question": "(3x + 6)⁴",
        "right": true, "wrong answers": 1, "hints": 0, "misconceptions": ["missing-inner-factor"]}]}

The file is replaced as a whole (written beside, then renamed), so that stopping at any moment leaves the old
one or the new one, never half of one.
"""

import json
import os
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from chainrule.errors import ArgumentError

FORMAT = 1


@dataclass(frozen=True)
class Record:
    """How one exercise went.

    Attributes:
        topic, difficulty, seed, number, question: which one it was.
        right: whether the derivative was found without being shown the solution.
        wrong_answers: how many answers were wrong, to any of its questions.
        hints: how many hints were asked for.
        misconceptions: the ids of what went wrong, in order.
        day: when, as 2026-11-24.
    """

    topic: str
    difficulty: int
    seed: int
    number: int
    question: str
    right: bool
    wrong_answers: int = 0
    hints: int = 0
    misconceptions: tuple[str, ...] = ()
    day: str = ""


class Progress:
    """The records in a file, oldest first.

    Args:
        path: the file; it is made when the first record is kept.

    Raises: ArgumentError where the file is there but is not one of these.
    """

    def __init__(self, path):
        self.path = Path(path).expanduser()
        self.records = self._read()

    def add(self, record: Record):
        """Keep one more record, on disk when this returns."""
        if not record.day:
            record = Record(**{**asdict(record), "day": date.today().isoformat()})
        self.records.append(record)
        self._write()

    @property
    def right(self):
        """How many exercises were solved."""
        return sum(record.right for record in self.records)

    def misconceptions(self) -> Counter:
        """How often each misconception occurred."""
        return Counter(id for record in self.records for id in record.misconceptions)

    def _read(self):
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(str(error)) from None
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise self._unreadable(f"its format is {data['format']}, and {FORMAT} is known here")
            return [_record(entry) for entry in data["exercises"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._unreadable("it is not a record of exercises") from None

    def _unreadable(self, why):
        return ArgumentError(f"{self.path} cannot be read: {why}", "name another file, or move this one away")

    def _write(self):
        """Write beside the file, then put it in its place in one step."""
        data = {"format": FORMAT, "exercises": [_entry(record) for record in self.records]}
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=self.path.name, suffix=".new")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(data, file, ensure_ascii=False, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:  # also Ctrl-C: nothing is left behind
            os.unlink(name)
            raise


def _entry(record):
    first = {"day": record.day}
    rest = {key.replace("_", " "): value for key, value in asdict(record).items() if key != "day"}
    return first | rest


def _record(entry):
    fields = {key.replace(" ", "_"): value for key, value in entry.items()}
    fields["misconceptions"] = tuple(fields.get("misconceptions", ()))
    return Record(**fields)
