"""Columns that several private tables have, each said once."""

from __future__ import annotations

from outcomes.contracts.kinds import Field

PATIENT = Field(
    "int32", "number of the patient, by sorted source identifier; the identifier itself stays in the key", 1
)
DAY = Field("int32", "days since the patient's first session (day 0); for patients without any, since the first record")
OPTIONAL_DAY = Field("Int32", DAY.meaning + "; missing where the study labels its visits", nullable=True)
VISIT = Field("category", "label of the scheduled visit, where the study has such", nullable=True)
INSTRUMENT = Field("category", "instrument id")
ARM = Field("category", "arm id")
SERIES = Field("int16", "number of the patient's series, from 1", 1)
ITEM = Field("Int8", "answer to the item, in points", nullable=True)
