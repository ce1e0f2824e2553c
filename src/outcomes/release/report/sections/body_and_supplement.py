"""What stands in the body of the report, and what follows in the supplement; nothing is left out.

The body holds what answers the study's question: the headline axis, the primary instrument, the declared analysis. The rest of
the same material (other axes, instruments derived from another's items, other models and analyses) is set after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fnmatch import fnmatch

from outcomes.release.report.content.blocks import Block, Grid, Paragraph, Picture, Section
from outcomes.release.report.content.grids import enumerate_words
from outcomes.release.report.content.material import Material
from outcomes.release.report.content.numbering import number_blocks

TITLE = "Supplement: further results"
POINTER = "In the supplement:"
ALWAYS = (
    "reasons", "two-baselines-*", "models", "tests", "compared-weights", "compared-balance", "compared-otherwise",
    "figure-sensitivity_*", "figure-dropout", "figure-subgroups_response", "subgroups-*", "figure-durability_relapse",
    "durability-effect", "published-others", "imputed-risks",
)  # fmt: skip


def divide(material: Material, sections: Sequence[Section]) -> tuple[list[Section], Section]:
    """Return the sections of the body, and the supplement with what was taken out of them, under the same titles."""
    moves = _decide(material)
    further: list[Section] = []
    body = [_take_out(section, moves, further) for section in sections]
    return body, Section("further", TITLE, (), tuple(further))


def point_to(sections: Sequence[Section], body: Sequence[Section], further: Section) -> list[Section]:
    """Return the sections with a line in each of the body that names its tables and figures in the supplement."""
    labels = number_blocks(sections)
    moved = {
        part.id.removesuffix("-more"): [labels[block.id] for block in _numbered(part)] for part in further.sections
    }
    known = {section.id for section in body}
    return [_add_pointer(section, moved) if section.id in known else section for section in sections]


def _decide(material: Material) -> Callable[[str], bool]:
    """Return whether a table or figure of an id belongs to the supplement."""
    patterns, kept = [*ALWAYS], set()
    axis = material.headline[0] if material.headline else ""
    for name in material.study.instruments:
        patterns.append(f"ideation-{name}")
        if material.study.instrument(name).derived_from is not None:
            patterns += [f"figure-trajectory_{name}_*", f"scores-{name}", f"response-{name}"]
        elif name == material.primary:
            patterns += [f"figure-response_{name}_*", f"figure-distribution_{name}"]
            kept.add(f"figure-response_{name}_{axis}")
        else:
            patterns += [f"figure-{family}_{name}*" for family in ("response", "distribution", "missingness")]
            patterns += [f"scores-{name}", f"response-{name}"]
    models = material.study.models
    first = [name for name, model in models.items() if model.primary] or list(models)[:1]
    patterns += [f"adjusted-{name}" for name in models if name not in first]
    if material.study.comparison is not None:
        kept.add(f"figure-sensitivity_change_{material.study.comparison.estimand.axis}")
    return lambda identity: identity not in kept and any(fnmatch(identity, pattern) for pattern in patterns)


def _take_out(section: Section, moves: Callable[[str], bool], further: list[Section]) -> Section:
    stay: list[Block] = []
    go: list[Block] = []
    for block in section.blocks:
        (go if isinstance(block, Grid | Picture) and moves(block.id) else stay).append(block)
    if go:
        further.append(Section(f"{section.id}-more", section.title, tuple(go)))
    parts = tuple(_take_out(part, moves, further) for part in section.sections)
    return replace(section, blocks=tuple(stay), sections=parts)


def _numbered(section: Section) -> list[Grid | Picture]:
    return [block for block in section.blocks if isinstance(block, Grid | Picture)]


def _add_pointer(section: Section, moved: dict[str, list[str]]) -> Section:
    parts = tuple(_add_pointer(part, moved) for part in section.sections)
    labels = moved.get(section.id, [])
    line = (Paragraph(f"{say_labels(labels)}.", POINTER),) if labels else ()
    return replace(section, blocks=(*section.blocks, *line), sections=parts)


def say_labels(labels: Sequence[str]) -> str:
    """Return labels with those that follow one another drawn together.

    Examples
    --------
    >>> say_labels(["Table 2", "Figure 4", "Table 3", "Table 4", "Table 7"])
    'Tables 2 to 4 and 7, and Figure 4'
    """
    texts = []
    for word in dict.fromkeys(label.split()[0] for label in labels):
        numbers = sorted(int(label.split()[1]) for label in labels if label.split()[0] == word)
        runs: list[list[int]] = []
        for number in numbers:
            if runs and number == runs[-1][-1] + 1:
                runs[-1].append(number)
            else:
                runs.append([number])
        parts = [part for run in runs for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))]
        texts.append(f"{word}{'s' if len(numbers) > 1 else ''} {enumerate_words(parts)}")
    return ", and ".join(texts)
