"""Answers of sites to a round: written for approval, read with suspicion, and refused with every reason that is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from outcomes.errors import InputError
from outcomes.network.package import Origin
from outcomes.network.rounds import DIFFERENCE, FORMAT, Round
from outcomes.network.signature import verify
from outcomes.settings.propensity import CommonPropensity

LARGEST = 5_000_000  # bytes of an answer; those of the example have some thousand
NEAR = 1e-9  # by which the halves of a symmetric matrix may differ
BY_ARM = {"w": 0, "wy": 0, "w2": 0, "w2y": 0, "w2y2": 0, "vx": 1, "vyx": 1, "w2x": 1, "w2yx": 1}
SHAPES: dict[str, dict[str, Any]] = {
    "propensity": {"score": 1, "information": 2, "loglik": 0},
    DIFFERENCE: {"information": 2, "meat": 2, "treated": BY_ARM, "reference": BY_ARM},
}
WORDS = {
    "score": "sum over patients of column × (arm − probability)",
    "information": "sum over patients of column × column × probability × (1 − probability)",
    "loglik": "log-likelihood of the arms",
    "meat": "sum over patients of column × column × weight²",
    "w": "sum of weights",
    "wy": "sum of weight × change",
    "w2": "sum of weight²",
    "w2y": "sum of weight² × change",
    "w2y2": "sum of weight² × change²",
    "vx": "sum of column × probability × (1 − probability)",
    "vyx": "the same × change",
    "w2x": "sum of column × weight²",
    "w2yx": "the same × change",
}


def name_answer(network: str, site: str, number: int) -> str:
    """Return the name of an answer's file."""
    return f"{network}-{site}-answer-{number}.json"


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def hash_data(origin: Origin) -> str:
    """Return the SHA-256 of what a site's sums are made of: the hashes of its raw files, in whatever order."""
    return hash_bytes("\n".join(sorted(origin.data)).encode())


def write_answer(asked: Round, digest: str, origin: Origin, sums: Mapping[str, Any]) -> bytes:
    """Return the file of an answer; the same sums give the same bytes.

    Parameters
    ----------
    asked : Round
    digest : str
        SHA-256 of the round file.
    origin : Origin
        Of what the sums were made.
    sums : mapping
    """
    content = {
        "format": FORMAT,
        "kind": "answer",
        "network": origin.network,
        "site": origin.site,
        "plan": origin.plan,
        "code": origin.code,
        "data": hash_data(origin),
        "round": asked.number,
        "stage": asked.stage,
        "asked": digest,
        "sums": sums,
    }
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def write_answer_page(answer: bytes, asked: Round, declared: CommonPropensity) -> str:
    """Return the plain page of all that an answer holds, for the person who approves it."""
    content = json.loads(answer)
    countable = (
        f"NOT PROTECTED: from the answers to some rounds the coordinating centre can count the patients of each value of {', '.join(declared.numbers)} and "
        f"arm, down to one. The plan says why it may: {declared.because}"
        if declared.numbers
        else "Nothing finer: the columns tell bands and levels alone, so that no sum rests on fewer patients of an arm than the minimum."
    )
    parts = [
        f"WHAT LEAVES SITE '{content['site']}' IN ROUND {asked.number} OF THE NETWORK STUDY '{content['network']}'",
        "This page shows every number of the answer: sums over the patients of this site. No row leaves, no date, no identifier, no name of a file.\n"
        "The number of patients of each arm, and of each combination of declared bands and levels, can be read from such sums; none is below the "
        f"site's minimum. {countable}",
        "Columns of the model, with the coefficients of this round:\n"
        + "\n".join(
            f"  {place:2}  {name}: {value!r}"
            for place, (name, value) in enumerate(zip(asked.columns, asked.coefficients, strict=True), 1)
        ),
        *_show(content["sums"]),
        "Fingerprints:\n" + "\n".join(f"  {name:6}{content[name]}" for name in ("plan", "code", "data", "asked")),
        f"SHA-256 of the answer:\n  {hash_bytes(answer)}",
    ]
    return "\n\n".join(parts) + "\n"


def _show(sums: Mapping[str, Any], arm: str = "") -> Iterator[str]:
    for name, value in sums.items():
        if isinstance(value, dict):
            yield from _show(value, f", {name} arm")
            continue
        rows = np.atleast_2d(np.array(value, dtype=float))
        yield f"{name}{arm}: {WORDS[name]}\n" + "\n".join("  " + " ".join(map(repr, row.tolist())) for row in rows)


def receive_answers(
    paths: Sequence[Path], asked: Round, digest: str, minimum: int, allowed_signers: Path
) -> dict[str, dict[str, Any]]:
    """Return the answers of all sites that were asked, by site, in their order.

    Raises
    ------
    InputError
        Any does not fit, or is missing; every reason is said, and none is used.
    """
    found: dict[str, dict[str, Any]] = {}
    refused: list[str] = []
    for path in paths:
        content, reasons = read_answer(path, asked, digest, minimum, allowed_signers)
        site = str(content.get("site", ""))
        for other, earlier in found.items():
            if other == site:
                reasons.append(f"a second answer of '{site}'")
            elif earlier["data"] == content.get("data"):
                reasons.append(f"made of the same raw files as the answer of '{other}'")
            elif earlier["sums"] == content.get("sums"):
                reasons.append(f"its sums are to the last digit those of '{other}'")
        refused += [f"{path}: {reason}" for reason in reasons]
        if not reasons:
            found[site] = content
    missing = [site for site in asked.sites if site not in found]
    if missing and not refused:
        refused.append(
            f"no answer to round {asked.number} of {', '.join(missing)}. A site that cannot answer is left out from the start: begin again in another "
            "folder, with --without."
        )
    if refused:
        raise InputError(
            "no further round was written, for the sums of all sites are needed:\n  " + "\n  ".join(refused)
        )
    return {site: found[site] for site in asked.sites}


def read_answer(
    path: Path, asked: Round, digest: str, minimum: int, allowed_signers: Path
) -> tuple[dict[str, Any], list[str]]:
    """Return an answer, and why it is refused."""
    if not path.is_file():
        return {}, ["no such file"]
    if path.stat().st_size > LARGEST:
        return {}, ["no answer file"]
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return {}, ["no JSON"]
    if not isinstance(content, dict) or content.get("kind") != "answer" or content.get("format") != FORMAT:
        return {}, ["no answer of this version"]
    if content.get("site") not in asked.sites:
        return content, ["its site is not one of those that were asked"]
    problem = verify(path, content["site"], allowed_signers)
    reasons = [problem] if problem else [*_check_origin(content, asked, digest)]
    return content, reasons or [*check_sums(content.get("sums"), asked, minimum)]


def _check_origin(content: Mapping[str, Any], asked: Round, digest: str) -> Iterator[str]:
    if content.get("network") != asked.network:
        yield f"made for another network study than '{asked.network}'"
    if content.get("plan") != asked.plan:
        yield "made under another plan"
    if content.get("code") != asked.code:
        yield "made by another version of the program: sites and centre install the same one"
    if content.get("round") != asked.number or content.get("stage") != asked.stage:
        yield f"an answer to round {content.get('round')!r}; this is round {asked.number}"
    elif content.get("asked") != digest:
        yield f"an answer to another file of round {asked.number}"
    if not isinstance(content.get("data"), str) or asked.data.get(content["site"], content["data"]) != content["data"]:
        yield "made of other raw files than the site's first answer; begin again"


def check_sums(sums: Any, asked: Round, minimum: int) -> Iterator[str]:
    """Yield what is no sum of a site: another shape, no number, a matrix that no patients have, or, where it can be told, few patients."""
    size = len(asked.columns)
    try:
        whole = _has_shape(sums, SHAPES[asked.stage], size)
    except (TypeError, ValueError):
        whole = False
    if not whole:
        yield "its sums are not those that the round asks for"
        return
    for name in {"information", "meat"} & set(sums):
        matrix = np.array(sums[name], dtype=float)
        if np.abs(matrix - matrix.T).max() > NEAR * np.abs(matrix).max() or np.linalg.eigvalsh(matrix)[0] < -1e-6 * (
            np.abs(matrix).max()
        ):
            yield f"its matrix '{name}' is not one of sums of products"
    if asked.number == 1:
        patients = 4 * sums["information"][0][0]  # at coefficients of 0 everyone's probability is a half
        if min(patients / 2 + sums["score"][0], patients / 2 - sums["score"][0]) < minimum - 0.5:
            yield f"of fewer than {minimum} patients in an arm: such sums may not leave a site"


def _has_shape(sums: Any, shape: Mapping[str, Any], size: int) -> bool:
    if not isinstance(sums, dict) or set(sums) != set(shape):
        return False
    for name, wanted in shape.items():
        if isinstance(wanted, dict):
            if not _has_shape(sums[name], wanted, size):
                return False
            continue
        array = np.array(sums[name])
        if array.dtype.kind not in "if" or array.shape != (size,) * wanted or not np.isfinite(array).all():
            return False
    return True
