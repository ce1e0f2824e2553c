"""What a report consists of, whatever it is written as: sections of paragraphs, lists, tables, and pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True)
class Cell:
    """One cell: text, whether it is a row's heading, a number, or withheld; and how many columns it spans."""

    text: str
    head: bool = False
    number: bool = False
    withheld: bool = False
    span: int = 1


@dataclass(frozen=True)
class Grid:
    """One table: caption, header rows (with spanning cells), body rows, and notes."""

    kind: ClassVar[str] = "grid"
    id: str
    caption: str
    heads: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    sortable: bool = False

    @property
    def columns(self) -> int:
        """Number of columns."""
        return sum(cell.span for cell in self.heads[0])

    def holds_words(self, column: int) -> bool:
        """Whether a column holds words, whose heading then stands above their left edge."""
        return not any(row[column].number for row in self.rows if len(row) == self.columns)

    @property
    def holds_words_alone(self) -> bool:
        """Whether no cell is a number, as in a checklist."""
        return not any(cell.number for row in self.rows for cell in row)


@dataclass(frozen=True)
class Picture:
    """One figure: the drawing as SVG markup, its caption, and the same in words for those who cannot see it.

    ``file`` is the SVG file as it was written; the PNG of the same name lies beside it.
    """

    kind: ClassVar[str] = "picture"
    id: str
    svg: str
    caption: str
    alt: str
    width_pt: float
    file: Path = Path()


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    text: str
    lead: str = ""


@dataclass(frozen=True)
class Bullets:
    """A list of sentences; ``kept`` where it stands on the page of what follows, which would be alone on the last."""

    kind: ClassVar[str] = "bullets"
    entries: tuple[str, ...]
    kept: bool = False


@dataclass(frozen=True)
class Terms:
    """Terms with their definitions; ``boxed`` where they stand out from what is around them, as Key Points do."""

    kind: ClassVar[str] = "terms"
    entries: tuple[tuple[str, str], ...]
    boxed: bool = False


@dataclass(frozen=True)
class Check:
    """One thing that makes an answer surer, and whether it holds."""

    holds: bool
    text: str


@dataclass(frozen=True)
class Answer:
    """One question of the first page: the verdict, the numbers behind it, and a small picture or a list of checks."""

    row: str
    question: str
    verdict: str
    text: str
    checks: tuple[Check, ...] = ()
    picture: Picture | None = None


FULL = 6  # so many answers fill the first page


@dataclass(frozen=True)
class Answers:
    """The questions of the first page with their answers, one below the other."""

    kind: ClassVar[str] = "answers"
    entries: tuple[Answer, ...]
    note: str = ""

    @property
    def fill_page(self) -> bool:
        """Whether they fill the first page, so that what follows begins the next; fewer leave room for the abstract."""
        return len(self.entries) >= FULL


Block = Grid | Picture | Paragraph | Bullets | Terms | Answers


@dataclass(frozen=True)
class Section:
    """A heading with its blocks and the sections below it; ``supplement`` where it belongs to the file of that name."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = field(default=())
    supplement: bool = False

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.blocks and all(section.empty for section in self.sections)


@dataclass(frozen=True)
class Report:
    """A whole report: title, the lines below it (kind and text of each), its sections, and the language of its text."""

    title: str
    heads: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    language: str = "en-US"
