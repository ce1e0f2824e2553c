"""The study file as typed, frozen settings.

``read_study`` is the only way in. Steps receive the parts they need as arguments; none reads the file itself.
"""

from outcomes.settings.analysis import Figures, Model, Privacy, Report
from outcomes.settings.clinical import (
    Arm,
    Baseline,
    Endpoints,
    Population,
    ReliableChange,
    Scoring,
    SeriesRules,
    Timepoints,
    Window,
)
from outcomes.settings.comparison import Comparison
from outcomes.settings.sources import (
    TABLES,
    Cleaning,
    Column,
    DateRules,
    InstrumentColumns,
    Source,
    Table,
    TableMap,
    Visit,
)
from outcomes.settings.study import Study, check_study, read_study
from outcomes.settings.table_files import InText, Join, Pivot, Stack, TableFile

__all__ = [
    "TABLES",
    "Arm",
    "Baseline",
    "Cleaning",
    "Column",
    "Comparison",
    "DateRules",
    "Endpoints",
    "Figures",
    "InText",
    "InstrumentColumns",
    "Join",
    "Model",
    "Pivot",
    "Population",
    "Privacy",
    "ReliableChange",
    "Report",
    "Scoring",
    "SeriesRules",
    "Source",
    "Stack",
    "Study",
    "Table",
    "TableFile",
    "TableMap",
    "Timepoints",
    "Visit",
    "Window",
    "check_study",
    "read_study",
]
