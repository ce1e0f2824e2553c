"""Every cleaning rule by its reason code; ``docs/cleaning-rules.md`` is rendered from this table."""

from __future__ import annotations

from outcomes.intake.row_rules import ROW_RULES
from outcomes.intake.rule import Rule
from outcomes.intake.value_rules import VALUE_RULES

RULES: dict[str, Rule] = ROW_RULES | VALUE_RULES
