"""Names and spellings that exports use, as data (``vocabulary.yaml`` beside this module), and how a name is matched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from outcomes.beside import read_beside
from outcomes.intake.privacy import fold, plain_name

CODED = re.compile(r"\d{6,}")
SAME, NEAR, PART, NONE = 3, 2, 1, 0
OTHER_TREATMENTS = frozenset({"rtms", "itbs", "snt", "ect", "psilocybin"})
FORMULATIONS = frozenset({"injection", "injections"})
WHO = frozenset({"patient", "pt", "client", "subject"})


@cache
def read_vocabulary() -> dict[str, Any]:
    """Return the vocabulary."""
    content: dict[str, Any] = read_beside(__file__)
    return content


@cache
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a column's name.

    >>> words_of("PHQ-9 Q1"), words_of("visitDate")
    (('phq', '9', 'q1'), ('visit', 'date'))
    """
    return tuple(plain_name(name).split("_"))


@cache
def squeeze(name: str) -> str:
    """Return a name as one word.

    >>> squeeze("PHQ-9 Total")
    'phq9total'
    """
    return "".join(words_of(name))


def match_name(name: str, synonyms: Iterable[str]) -> tuple[int, int]:
    """Return how well a name matches the best of its synonyms (SAME, NEAR, PART, NONE), and minus the synonym's place.

    >>> match_name("Weight (kg)", ["weight"]), match_name("weight_before_surgery", ["weight"]), match_name("note", ["weight"])
    ((2, 0), (1, 0), (0, 0))
    """
    return _match_name(name, tuple(synonyms))


@cache
def _match_name(name: str, synonyms: tuple[str, ...]) -> tuple[int, int]:
    return max(((level(name, synonym), -place) for place, synonym in enumerate(synonyms)), default=(NONE, 0))


def level(name: str, synonym: str) -> int:
    """Return how well a name matches one synonym."""
    if squeeze(name) == squeeze(synonym):
        return SAME
    own, wanted, fillers = _set_of(name), _set_of(synonym), _fillers()
    left = own - fillers
    whose = not wanted & WHO or bool(own & WHO)  # "number" alone is no patient number
    if left and (
        (left == wanted - fillers and whose) or "".join(w for w in words_of(name) if w in left) == squeeze(synonym)
    ):
        return NEAR
    return PART if wanted <= own and max(len(word) for word in wanted) > 2 else NONE


@cache
def _set_of(name: str) -> frozenset[str]:
    return frozenset(words_of(name))


@cache
def _fillers() -> frozenset[str]:
    return frozenset(read_vocabulary()["fillers"])


def tokens(value: str) -> list[str]:
    """Return the words of a cell; doses and numbers count as none.

    >>> tokens("Ketamine (I.V.) 40 mg"), tokens("S-ketamine")
    (['ketamine', 'iv', 'mg'], ['sketamine'])
    """
    value = fold(re.sub("[™®©]", "", value))  # the marks of a name, which would be letters of it
    value = re.sub(r"\b([a-z])\.([a-z])\b\.?", r"\1\2", value).replace("s-ket", "sket")
    found = re.findall(r"[^\W_]+", value)
    return [re.sub(r"^\d+(mg)?$", r"\1", word) for word in found if re.sub(r"^\d+(mg)?$", r"\1", word)]


def say_state(value: str) -> str:
    """Return a state of a visit in plain words, without the code that a program writes before it.

    >>> say_state("x - Cancelled"), say_state("4 - Charge Entered"), say_state("No-Show")
    ('cancelled', 'charge entered', 'no show')
    """
    bare = re.sub(r"^\s*(?:[a-z]|\d{1,2})\s*[-–:=.)]\s*(?=[^\W\d_]{2})", "", fold(value))
    return " ".join(re.findall(r"[^\W_]+", bare))


def recognise(value: str, kind: str) -> str | None:
    """Return what a spelling means in one of the closed vocabularies (sex, payer, severity, event); None if unknown.

    A code of MedDRA or SNOMED before or behind the words says what they say.

    >>> recognise("Self-Pay", "payer"), recognise("F", "sex"), recognise("Aetna 123", "payer"), recognise("10028813 Nausea", "event")
    ('self-pay', 'female', None, 'nausea')
    """
    words = re.findall(r"[^\W_]+", fold(value))
    known = _spellings(kind)
    return known.get(" ".join(words)) or known.get(" ".join(word for word in words if not CODED.fullmatch(word)))


@cache
def _spellings(kind: str) -> dict[str, str]:
    return {spelling: name for name, all_ in read_vocabulary()["spellings"][kind].items() for spelling in all_}


def is_no_session(value: str) -> bool:
    """Tell whether a spelling is of a visit without treatment, or of a drug that is given beside one.

    >>> is_no_session("Follow-up visit"), is_no_session("Troche visit"), is_no_session("ondansetron (ZOFRAN) injection 4 mg")
    (True, False, True)
    >>> is_no_session("Telehealth check-in"), is_no_session("IN"), is_no_session("PHQ-9 only"), is_no_session("F/U call")
    (True, False, True, True)
    """
    words = set(tokens(re.sub(r"\bf ?/ ?u\b", "fu", value, flags=re.IGNORECASE)))
    words -= {"in"} if "check" in words else set()
    return bool(words) and (words <= set(read_vocabulary()["no_session"]) or is_other_drug(value))


def is_other_drug(value: str) -> bool:
    """Tell whether a spelling names a drug that is given beside a treatment, and no treatment.

    >>> is_other_drug("ondansetron (ZOFRAN) injection 4 mg"), is_other_drug("ketamine with midazolam"), is_other_drug("Follow-up")
    (True, False, False)
    """
    return bool(set(tokens(value)) & set(read_vocabulary()["other_drugs"])) and not names_drug(value)


def names_drug(value: str) -> bool:
    """Tell whether a spelling names ketamine or esketamine, and not only how something was given.

    >>> names_drug("KETAMINE 50 MG/ML INJ"), names_drug("Spravato"), names_drug("intravenous")
    (True, True, False)
    """
    known = read_vocabulary()["treatment"]
    return bool(set(tokens(value)) & {word for drug in ("ketamine", "esketamine") for word in known[drug]})


def recognise_treatment(value: str) -> tuple[str | None, str]:
    """Return the treatment that a spelling means (None if it is none that is known) and why that is unsure, if so.

    >>> recognise_treatment("Ketamine IV"), recognise_treatment("Spravato (esketamine) 84mg"), recognise_treatment("Dr. Who")
    (('iv', ''), ('esketamine', ''), (None, ''))
    >>> recognise_treatment("rTMS left DLPFC"), recognise_treatment("accelerated iTBS"), recognise_treatment("ECT and ketamine")
    (('rtms', ''), ('snt', ''), (None, ''))
    >>> recognise_treatment("KETAMINE 50 MG IN NACL IV SOLN"), recognise_treatment("Kétamine en perfusion")
    (('iv', ''), ('iv', ''))
    >>> recognise_treatment("Ketamine injection"), recognise_treatment("ketamine 50 mg/mL injection")
    (('im', 'an injection, without its route; taken as IM'), ('iv', 'no route is written; taken as IV'))
    >>> recognise_treatment("ketamine"), recognise_treatment("infusion_1_arm_1")
    (('iv', 'no route is written; taken as IV'), (None, ''))
    """
    groups = read_vocabulary()["treatment"]
    of_word = {word: group for group, listed in groups.items() for word in listed}
    words = tokens(value)
    if any(of_word.get(word) in ("iv", "im", "esketamine") for word in words):
        words = [word for word in words if word != "in"]  # 50 mg in saline
    if {"mg", "ml"} <= set(words):  # the strength of a vial, whose name says no route
        words = [word for word in words if word not in FORMULATIONS]
    kinds = {of_word.get(word, "") for word in words} - {"silent"}
    if not words or "" in kinds or not kinds:
        return None, ""
    other = kinds - {"oral"}
    if other and other <= OTHER_TREATMENTS:
        return _other_treatment(other)
    if kinds & OTHER_TREATMENTS:
        return None, ""
    routes = kinds & {"iv", "im", "subcutaneous", "oral"}
    if "esketamine" in kinds:
        return (None, "") if routes else ("esketamine", "")
    if len(routes) == 1 and "nasal" not in kinds:
        bare = routes == {"im"} and {word for word in words if of_word[word] == "im"} <= FORMULATIONS
        return routes.pop(), "an injection, without its route; taken as IM" if bare else ""
    if kinds == {"nasal"}:
        return "esketamine", "nasal, without the name of the drug; taken as esketamine"
    return ("iv", "no route is written; taken as IV") if kinds == {"ketamine"} else (None, "")


def _other_treatment(kinds: set[str]) -> tuple[str | None, str]:
    """Return which treatment without ketamine some words mean; the more special word goes before the more general one."""
    if kinds == {"snt"} or kinds == {"snt", "rtms"}:
        return ("snt", "accelerated stimulation; taken as SNT") if "rtms" in kinds else ("snt", "")
    stimulation = [name for name in ("snt", "itbs", "rtms") if name in kinds]
    rest = kinds - set(stimulation)
    if stimulation and not rest:
        return stimulation[0], ""
    return (rest.pop(), "") if len(rest) == 1 and not stimulation else (None, "")
