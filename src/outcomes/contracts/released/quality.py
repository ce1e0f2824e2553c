"""Released tables on the export: what it held, what became of its rows, and who was left out."""

from outcomes.contracts.released.columns import Label, People, Setting
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable

ROWS = "rows"  # of which a patient has several
SINGLE_ROWS = "single rows"  # of a file in which most patients have one: a number of them is a number of people
UNITS = f"{ROWS}; {SINGLE_ROWS}: most patients have one in the file, so that they are rounded like people"


class Flow(ReleasedTable):
    """From the rows of the export to the series analysed."""

    row = "a box of the flow diagram"
    written_by, section = "rates", "flow"
    order = Setting("place of the box, from 1")
    unit = Label("what is counted: rows, patients, or series")
    arm = Label("arm id; 'all': every arm")
    label = Label("words of the box")
    reason = Label("why these were left out; empty for a box that goes on")
    n = People("how many, in the unit of the box; rows too are rounded, as those of some files are one patient each")
    key = (order,)
    sums = (
        Sum((n,), by=(unit, label, reason), total=((arm, "all"),)),
        Sum((n,), by=(unit, arm), total=((label, "Series"),), among=((label, ("Series analysed",)), (reason, ("*",)))),
    )


class Ledger(ReleasedTable):
    """How raw rows ended."""

    row = "a reason for which raw rows of a file were corrected, flagged, merged, or quarantined"
    written_by, section = "rates", "flow"
    file = Label("file of the export, or all files")
    state = Label("corrected, flagged, merged, or quarantined")
    reason = Label("reason code; the cleaning rules say what it means")
    unit = Label(UNITS)
    rows = People("raw rows with such an entry; a row may have several", unless=(unit, ROWS))
    key = (file, state, reason)


class Balance(ReleasedTable):
    """Raw rows of each file and how many were kept."""

    row = "a file of the export"
    written_by, section = "rates", "flow"
    file = Label("file of the export, or all files")
    unit = Label(UNITS)
    raw = People("rows in the file: kept, merged, and quarantined", unless=(unit, ROWS))
    kept = People("rows that entered a table", part_of=raw, unless=(unit, ROWS))
    corrected = People("rows kept of which a value was corrected", part_of=kept, unless=(unit, ROWS))
    flagged = People("rows kept with a doubt", part_of=kept, unless=(unit, ROWS))
    merged = People("rows that repeat another", part_of=raw, unless=(unit, ROWS))
    quarantined = People("rows that could not be used", part_of=raw, unless=(unit, ROWS))
    key = (file,)
    sums = (Sum((kept, merged, quarantined), by=(), into=raw, kept=True),)


class DataHealth(ReleasedTable):
    """What in the export does not hang together."""

    row = "something that a look at the export found"
    written_by, section = "rates", "flow"
    order = Setting("place of the finding, from 1")
    check = Label("name of the check")
    meaning = Label("what the check finds")
    file = Label("input, by its number, or all inputs")
    column = Label("table and column, where it is about one")
    unit = Label(f"what is counted: {ROWS}, {SINGLE_ROWS}, or people")
    n = People("how many", part_of="total", unless=(unit, ROWS))
    total = People("of how many", unless=(unit, ROWS))
    accepted = Label("why the study file accepts what would stop a run; empty where nothing would")
    key = (order,)
