"""One resource of FHIR as rows: who, when, what and which value; a response to a questionnaire has a column for each question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Resource = Mapping[str, Any]
Row = dict[str, tuple[str, str]]  # key → how the column is named beside the key, and the cell
RESPONSE = "QuestionnaireResponse"
LOINC = re.compile(r"\d{1,5}-\d")
TIMES = (
    "authored", "effectiveDateTime", "effectiveInstant", "performedDateTime", "occurrenceDateTime", "issued", "recordedDate",
)  # fmt: skip
PERIODS = ("effectivePeriod", "performedPeriod", "occurrencePeriod", "period")
WHAT = ("code", "medicationCodeableConcept", "vaccineCode", "type")


def rows_of(resource: Resource) -> Iterator[Row]:
    """Yield the rows of a resource: one, and one more for each component of an observation that holds a value."""
    row, parts = _flatten(resource), resource.get("component")
    measured = [one for one in parts if isinstance(one, dict) and _value(one)] if isinstance(parts, list) else []
    if resource.get("resourceType") != "Observation" or not measured or row["value"][1]:
        yield row
    for one in measured if resource.get("resourceType") == "Observation" else ():
        said = {"code": _concept(one.get("code")), "value": _value(one), "name": _name(one.get("code"))}
        yield row | {name: ("", cell) for name, cell in said.items()}


def _flatten(resource: Resource) -> Row:
    """Return a row: key → how the column is named beside the key, and the cell."""
    cells = {"patient": _reference(resource), "date": _time(resource), "status": as_text(resource.get("status"))}
    if resource.get("resourceType") == RESPONSE:
        return {name: ("", cell) for name, cell in cells.items()} | _answers(resource.get("item"))
    what = next((resource[key] for key in WHAT if key in resource), None)
    what = next(iter(what), None) if isinstance(what, list) else what  # the kinds of an encounter
    cells |= {"code": _concept(what), "value": _value(resource), "name": _name(what)}
    dosage = resource.get("dosage")
    given = dosage if isinstance(dosage, dict) else {}
    cells |= {"dose": _quantity(given.get("dose")), "route": _name(given.get("route"))}
    cells["medication"] = _name(resource.get("medicationCodeableConcept"))
    cells["procedure"] = _name(what) if resource.get("resourceType") in ("Procedure", "Encounter") else ""
    cells["gender"] = as_text(resource.get("gender"))
    cells["end"] = next(filter(None, (as_text(one.get("end")) for one in _periods(resource))), "")
    return {name: ("", cell) for name, cell in cells.items()}


def _answers(items: Any) -> Row:
    """Return the answers of a response, also of items within items."""
    found: Row = {}
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, dict):
            continue
        key, given = as_text(item.get("linkId")).strip("/"), item.get("answer")
        if isinstance(given, list) and given:
            said = "" if LOINC.fullmatch(key) else as_text(item.get("text"))
            cells = [_value(one) for one in given if isinstance(one, dict)]
            found[key or said or "answer"] = (said, "; ".join(filter(None, cells)))
            for one in given:
                found |= _answers(one.get("item") if isinstance(one, dict) else None)
        found |= _answers(item.get("item"))
    return found


def _reference(resource: Resource) -> str:
    if resource.get("resourceType") == "Patient":
        return as_text(resource.get("id"))
    subject = resource.get("subject") or resource.get("patient") or {}
    if not isinstance(subject, dict):
        return ""
    reference = as_text(subject.get("reference"))
    if reference.startswith("#"):  # a patient within the resource, whose id means nothing outside it
        inside = resource.get("contained")
        within = (one for one in inside if isinstance(one, dict)) if isinstance(inside, list) else ()
        known = (one.get("identifier") for one in within if as_text(one.get("id")) == reference[1:])
        identifiers = next((one for one in known if isinstance(one, list)), [])
        return next(filter(None, (as_text(one.get("value")) for one in identifiers if isinstance(one, dict))), "")
    identifier = subject.get("identifier")
    reference = reference or as_text(identifier.get("value") if isinstance(identifier, dict) else "")
    return re.sub(r"^.*?(?=Patient/[^/]+$)", "", re.sub(r"/_history/.*$", "", reference))


def _time(resource: Resource) -> str:
    times = [as_text(resource.get(key)) for key in TIMES]
    times += [as_text(one.get("start")) for one in _periods(resource)]
    return next(filter(None, times), "")


def _periods(resource: Resource) -> list[Resource]:
    return [one for key in PERIODS if isinstance(one := resource.get(key), dict)]


def _value(one: Resource) -> str:
    """Return what a ``value[x]`` holds: a code with its score or wording beside it where it has them."""
    for key, value in one.items():
        if key.startswith("value") and not key.startswith("valueSet"):
            if key == "valueCoding":
                return _coded(value, "")
            if key == "valueCodeableConcept":
                coding = value.get("coding") if isinstance(value, dict) else None
                first = coding[0] if isinstance(coding, list) and coding else None
                return _coded(first, as_text(value.get("text"))) if first else _concept(value)
            return _quantity(value) if isinstance(value, dict) else as_text(value)
    return ""


def _coded(coding: Any, text: str) -> str:
    if not isinstance(coding, dict):
        return ""
    code, words = as_text(coding.get("code")), as_text(coding.get("display")) or text
    weights = coding.get("extension")
    for extension in weights if isinstance(weights, list) else []:
        if isinstance(extension, dict) and str(extension.get("url", "")).endswith(("ordinalValue", "itemWeight")):
            score = extension.get("valueDecimal", extension.get("valueInteger"))
            return f"{code or words} = {as_text(score)}" if score is not None else code
    return f"{code} ({words})" if code and words else code or words


def _concept(concept: Any) -> str:
    """Return the code of a concept, else its name."""
    if not isinstance(concept, dict):
        return as_text(concept)
    codings = (
        [one for one in concept.get("coding") or [] if isinstance(one, dict)]
        if isinstance(concept.get("coding"), list)
        else []
    )
    loinc = [one for one in codings if "loinc" in str(one.get("system", ""))]
    first = next(iter(loinc or codings), {})
    return as_text(first.get("code")) or as_text(first.get("display")) or as_text(concept.get("text"))


def _name(concept: Any) -> str:
    if not isinstance(concept, dict):
        return as_text(concept)
    codings = concept.get("coding")
    shown = (
        [as_text(one.get("display")) for one in codings if isinstance(one, dict)] if isinstance(codings, list) else []
    )
    return as_text(concept.get("text")) or next(filter(None, shown), "")


def _quantity(quantity: Any) -> str:
    if not isinstance(quantity, dict):
        return ""
    number, unit = as_text(quantity.get("value")), as_text(quantity.get("unit"))
    return f"{number} {unit}" if unit and "score" not in unit and unit != "1" else number


def as_text(value: Any) -> str:
    """Return a value of JSON as a cell; nothing for an object or a list."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split())
