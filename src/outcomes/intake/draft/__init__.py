"""A raw export → a study file to check.

Every file that intake can read is read whole (``survey``); names and content say what its columns are (``tables``,
``questionnaires``, ``dateforms``, ``spellings``, with the names in ``vocabulary.yaml``); the sheets are seen together
(``export``, ``layouts``, ``design``) and written as a study file (``lines``, ``write``).
"""

from outcomes.intake.draft.draft import Draft, draft_study, name_study

__all__ = ["Draft", "draft_study", "name_study"]
