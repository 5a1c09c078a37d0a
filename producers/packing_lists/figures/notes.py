"""Questions, errors and remarks that a reading collects, and the answers that people gave."""

from collections.abc import Mapping, Sequence

from producers.packing_lists.model import Choice, Finding

FINDINGS_MAX = 50
"""Of one code: more errors of the same kind help nobody, and a hostile file would fill memory."""

BESIDE_MAX = 20


class Answers:
    """Answers handed in (``F5.unit`` → ``cm``), and which of them a question has used."""

    def __init__(self, given: Mapping[str, str], *, name_sheets: bool = False) -> None:
        self._given = dict(given)
        self._name_sheets = name_sheets
        self.used: set[str] = set()
        self.offered: dict[str, tuple[str, ...]] = {}
        """The answers that the list allows, by key."""

    def key(self, key: str, sheet: str) -> str:
        """Return the key of an answer: with the sheet's name where several sheets are read."""
        return f"{sheet}!{key}" if self._name_sheets and sheet else key

    def find(self, key: str, sheet: str, allowed: Sequence[str]) -> str | None:
        """Return the answer to a question if it is one of those that the question allows."""
        name = self.key(key, sheet)
        answer = self._given.get(name)
        if answer is None:
            return None
        if answer not in allowed:
            self.offered[name] = tuple(allowed)
            return None
        self.used.add(name)
        return answer

    def unused(self) -> list[tuple[str, str]]:
        """List the answers that fit no question of the list."""
        return [(key, answer) for key, answer in self._given.items() if key not in self.used]


class Notes:
    """The findings about one sheet."""

    def __init__(self, sheet: str, answers: Answers) -> None:
        self.sheet = sheet
        self._answers = answers
        self.questions: list[Finding] = []
        self.errors: list[Finding] = []
        self.remarks: list[Finding] = []
        self.confirmed: list[str] = []
        """Evidence: each sentence names figures that prove one another."""
        self.counts_proved = False
        self.doubted_counts = ""
        """Header of a column of counts that carton numbers contradict."""
        self.counts_labelled = ""
        """A total of cartons beside a label that the counts confirm."""
        self.uncounted_totals: list[str] = []
        """Totals that add up volumes of rows without their counts, where no name says why."""
        self._counts: dict[str, int] = {}

    def key(self, key: str) -> str:
        """Return the key of an answer about the sheet."""
        return self._answers.key(key, self.sheet)

    def ask(
        self,
        cell: str,
        code: str,
        text: str,
        choices: Sequence[tuple[str, str]],
        beside: Sequence[str] = (),
    ) -> None:
        """Add a question; each choice is an answer and what follows from it.

        `beside` are further cells of which one may be at fault.
        """
        found = tuple(
            Choice(answer=self._answers.key(answer, self.sheet), text=follows)
            for answer, follows in choices
        )
        self._add(
            self.questions,
            Finding(
                cell=cell,
                code=code,
                text=text,
                sheet=self.sheet,
                beside=tuple(each for each in dict.fromkeys(beside) if each != cell)[:BESIDE_MAX],
                choices=found,
            ),
        )

    def error(self, cell: str, code: str, text: str) -> None:
        """Add an error."""
        self._add(self.errors, Finding(cell=cell, code=code, text=text, sheet=self.sheet))

    def remark(self, cell: str, code: str, text: str, beside: Sequence[str] = ()) -> None:
        """Add a remark; `beside` are further cells that it is about."""
        found = Finding(cell=cell, code=code, text=text, sheet=self.sheet, beside=tuple(beside))
        self._add(self.remarks, found)

    def confirm(self, text: str, *, counts: bool = False) -> None:
        """Note evidence; `counts`: it would not hold with another number of cartons.

        That a column's figures add up to its own total says nothing of what they count.
        """
        self.confirmed.append(text)
        self.counts_proved = self.counts_proved or counts

    @property
    def problems(self) -> int:
        """How many questions and errors there are."""
        return len(self.questions) + len(self.errors)

    def _add(self, findings: list[Finding], finding: Finding) -> None:
        count = self._counts[finding.code] = self._counts.get(finding.code, 0) + 1
        if count <= FINDINGS_MAX:
            findings.append(finding)
