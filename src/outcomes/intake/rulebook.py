"""The page on cleaning rules, rendered from their registry so that the two cannot differ."""

from __future__ import annotations

from outcomes.intake.rule import Rule
from outcomes.intake.rules import RULES

INTRODUCTION = """# Cleaning rules

Every raw row ends in one state: **kept**, **merged** into another row, or **quarantined** (left out). A kept row may have
been **corrected** (a value changed or set missing) or **flagged** (a doubt noted). The ledger has one entry for
everything that happened to a row, with one of the reasons below; `outcomes ledger` counts them by file. Where a reason
below would leave a record out and another record of the same row stays (a second questionnaire on the row), the row is
kept and the entry says corrected.

Order never decides: of two records that differ, submission time and content say which stays, so rows and files may come
in any order. A last column names the key of the study file that changes the rule; a rule without one always applies.

This page is rendered from `src/outcomes/intake/row_rules.py` and `value_rules.py`; a test compares the two.
"""


def render_rules() -> str:
    """Return the page on cleaning rules as Markdown."""
    parts = [INTRODUCTION]
    for about in dict.fromkeys(rule.about for rule in RULES.values()):
        parts.append(f"\n## {about.capitalize()}\n\n| reason | meaning | effect | example | row is | setting |\n")
        parts.append("|---|---|---|---|---|---|\n")
        parts += [_line(code, rule) for code, rule in RULES.items() if rule.about == about]
    return "".join(parts)


def _line(code: str, rule: Rule) -> str:
    keys = ", ".join(key if "`" in key else f"`{key}`" for key in rule.setting.split(", ")) if rule.setting else "–"
    return f"| `{code}` | {rule.meaning} | {rule.effect} | {rule.example} | {rule.state} | {keys} |\n"
