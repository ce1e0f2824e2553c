"""The forms of an export in CDISC ODM 1.3, one after another, and what its metadata says of them.

Read with expat, the XML parser of the standard library, in blocks. A document type is refused where it begins, so that no entity of the
file's own is ever expanded and nothing else is opened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from xml.parsers import expat

from outcomes.errors import InputError
from outcomes.intake.readers.contract import File

BLOCK = 1 << 20
DEEPEST = 64  # elements within one another; ODM has a dozen
DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?")
ANSWERS = 5  # items that share a list of codes, which then is how a questionnaire is answered
SAID = frozenset({"TranslatedText", "Symbol"})
VENDOR = {"Sex": "sex", "DateOfBirth": "date of birth"}  # what OpenClinica writes beside a subject


@dataclass
class Item:
    """The definition of an item: its name, what it asks, its list of codes, and the units that it may be in."""

    name: str = ""
    asks: str = ""
    codes: str = ""
    units: int = 0


@dataclass
class Metadata:
    """What is defined of items, forms and events, by their identifiers (OID)."""

    items: dict[str, Item] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of forms, events and groups of items
    lists: dict[str, dict[str, str]] = field(default_factory=dict)  # list of codes → code → label
    units: dict[str, str] = field(default_factory=dict)

    def read(self, oid: str, value: str, unit: str) -> str:
        """Return an answer: a code as its label, but of numbered items and of lists that many items share; with its unit where there are several."""
        item = self.items.get(oid, Item())
        if unit and item.units > 1:
            return f"{value} {self.units.get(unit, '')}".strip()
        numbered = re.search(r"_?\d+$", item.name or oid) or self.shared[item.codes] >= ANSWERS if item.codes else True
        return value if numbered else self.lists.get(item.codes, {}).get(value, value)

    @cached_property
    def shared(self) -> Counter[str]:
        """How many items share a list of codes; every definition stands before the data."""
        return Counter(item.codes for item in self.items.values())


@dataclass
class Form:
    """One form that was filled in: of whom, at which event, and its groups of items as they follow one another."""

    oid: str
    about: dict[str, str]  # what stands beside every row: subject key, site, event name, event number …
    groups: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # group → item → answer


def iterate_forms(file: File, metadata: Metadata) -> Iterator[Form]:
    """Yield the forms of a file, subject by subject; ``metadata`` is filled by then.

    Raises
    ------
    InputError
        What is no XML, with its line; a document type; an export of changes in place of data.
    """
    handler = _Handler(file.name, metadata)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = handler.refuse_doctype
    try:
        with file.path.open("rb") as content:
            while block := content.read(BLOCK):
                parser.Parse(block, False)
                yield from handler.take()
            parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        raise InputError(
            f"{file.name}: no XML, or cut off, at line {parser.ErrorLineNumber}. Export the file again."
        ) from None
    yield from handler.take()


class _Handler:
    """What expat calls at every start and end of an element; forms are given out where their subject ends."""

    def __init__(self, name: str, metadata: Metadata) -> None:
        self.name, self.metadata = name, metadata
        self.path: list[str] = []
        self.done: list[Form] = []
        self.subject: list[Form] = []
        self.about: dict[str, dict[str, str]] = {}  # element → what it says of the forms within it
        self.said = self.item = self.list = self.code = self.unit = ""
        self.answer: tuple[str, str, str] | None = None  # item, answer, unit

    def take(self) -> list[Form]:
        """Return the forms of the subjects that have ended since."""
        done, self.done = self.done, []
        return done

    def refuse_doctype(self, *_: object) -> None:
        raise InputError(
            f"{self.name}: declares a document type (DOCTYPE), which no export needs. Export the file again."
        )

    def text(self, text: str) -> None:
        self.said += text

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(" ")[2]
        said = {name.rpartition(" ")[2]: value.strip() for name, value in attributes.items()}
        if len(self.path) > DEEPEST:
            raise InputError(f"{self.name}: nested too deep for an export of ODM.")
        self.path.append(tag)
        self.said = ""
        oid, name = said.get("OID", ""), " ".join(said.get("Name", "").split())
        if (tag == "ODM" and said.get("FileType") == "Transactional") or said.get("TransactionType") == "Remove":
            raise InputError(
                f"{self.name}: holds changes to data, not the data. Export it as a snapshot (FileType Snapshot)."
            )
        if tag == "ItemDef":
            self.item = oid
            self.metadata.items[oid] = Item(name)
        elif tag in ("FormDef", "StudyEventDef", "ItemGroupDef"):
            self.metadata.names[oid] = name
        elif tag == "CodeListRef" and self.item:
            self.metadata.items[self.item].codes = said.get("CodeListOID", "")
        elif tag == "MeasurementUnitRef" and self.item and "ItemDef" in self.path:
            self.metadata.items[self.item].units += 1
        elif tag == "MeasurementUnitRef" and self.answer:
            self.answer = (*self.answer[:2], said.get("MeasurementUnitOID", ""))
        elif tag == "MeasurementUnit":
            self.unit = oid
            self.metadata.units[oid] = name
        elif tag == "CodeList":
            self.list = oid
            self.metadata.lists[oid] = {}
        elif tag == "CodeListItem":
            self.code = said.get("CodedValue", "")
        else:
            self._start_data(tag, said)

    def _start_data(self, tag: str, said: dict[str, str]) -> None:
        if tag == "SubjectData":
            key = said.get("StudySubjectID") or said.get("SubjectKey", "")
            self.about = {tag: {"subject key": key} | {new: said[old] for old, new in VENDOR.items() if old in said}}
        elif tag == "SiteRef" and self.path[-2:-1] == ["SubjectData"]:
            self.about["SubjectData"]["site"] = said.get("LocationOID", "")
        elif tag == "StudyEventData":
            oid = said.get("StudyEventOID", "")
            event = {
                "event name": self.metadata.names.get(oid) or oid,
                "event number": said.get("StudyEventRepeatKey", ""),
            }
            self.about[tag] = event | (
                {"event date": said["StartDate"]} if DAY.fullmatch(said.get("StartDate", "")) else {}
            )
            self.first = len(self.subject)
        elif tag == "FormData":
            beside = self.about.get("SubjectData", {}) | self.about.get("StudyEventData", {})
            repeat = {"form number": said["FormRepeatKey"]} if said.get("FormRepeatKey") else {}
            self.subject.append(Form(said.get("FormOID", ""), beside | repeat))
        elif tag == "ItemGroupData" and self.path[-2:-1] == [
            "StudyEventData"
        ]:  # ODM 2, which has no forms around the groups
            oid, beside = said.get("ItemGroupOID", ""), self.about.get("SubjectData", {}) | self.about["StudyEventData"]
            repeat = {"form number": said["ItemGroupRepeatKey"]} if said.get("ItemGroupRepeatKey") else {}
            self.subject.append(Form(oid, beside | repeat, [(oid, {})]))
        elif tag == "ItemGroupData" and self.subject:
            self.subject[-1].groups.append((said.get("ItemGroupOID", ""), {}))
        elif tag.startswith("ItemData"):
            self.answer = (said.get("ItemOID", ""), "" if said.get("IsNull") == "Yes" else said.get("Value", ""), "")

    def end(self, tag: str) -> None:
        tag = tag.rpartition(" ")[2]
        said, self.said = " ".join(self.said.split()), ""
        self.path.pop()
        if tag in SAID and said:
            self._define(said)
        elif tag == "ItemDef":
            self.item = ""
        elif tag.startswith("ItemData") and self.answer and self.subject and self.subject[-1].groups:
            oid, value, unit = self.answer
            group, items = self.subject[-1].groups[-1]
            if oid in items:  # the same item again, in a group that was not begun anew
                self.subject[-1].groups.append((group, items := {}))
            items[oid] = self.metadata.read(oid, value or (said if tag != "ItemData" else ""), unit)
            self.answer = None
        elif tag == "Value" and self.answer:  # of ODM 2, within the answer
            self.answer = (self.answer[0], self.answer[1] or said, self.answer[2])
        elif tag == "StudyEventData":
            date_forms(self.subject[self.first :], self.metadata)
        elif tag == "SubjectData":
            self.done += self.subject
            self.subject = []

    def _define(self, said: str) -> None:
        """Take a text as what it defines: the label of a code, a question, or the sign of a unit; of several languages the first."""
        if "Decode" in self.path and self.list:
            self.metadata.lists[self.list].setdefault(self.code, said)
        elif "Question" in self.path and self.item:
            self.metadata.items[self.item].asks = self.metadata.items[self.item].asks or said
        elif "Symbol" in self.path and self.unit:
            self.metadata.units[self.unit] = said


def date_forms(forms: list[Form], metadata: Metadata) -> None:
    """Give the forms of one event that name no day of their own the one day that the others name; nothing where they name several."""
    days = {id(form): set(_days(form, metadata)) for form in forms}
    said = set().union(*days.values()) if days else set()
    for form in forms:
        if not days[id(form)] and len(said) == 1 and "event date" not in form.about:
            form.about["event date"] = next(iter(said))


def _days(form: Form, metadata: Metadata) -> Iterator[str]:
    for _, items in form.groups:
        for oid, value in items.items():
            name = (metadata.items[oid].name if oid in metadata.items else oid).casefold()
            if (match := DAY.fullmatch(value)) and not re.search("birth|dob|born", name):
                yield match[1]
