"""Released tables on the export: what it held, what became of its rows, and who was left out."""

from outcomes.contracts.released.columns import Label, People, Rows, Setting
from outcomes.contracts.released.sums import Sum
from outcomes.contracts.released.table import ReleasedTable


class Flow(ReleasedTable):
    """From the rows of the export to the series analysed."""

    row = "a box of the flow diagram"
    written_by, section = "rates", "flow"
    order = Setting("place of the box, from 1")
    unit = Label("what is counted: rows, patients, or series")
    arm = Label("arm id; 'all': every arm")
    label = Label("words of the box")
    reason = Label("why these were left out; empty for a box that goes on")
    n = People("how many, in the unit of the box", unless=(unit, "rows"))
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
    rows = Rows("raw rows with such an entry; a row may have several")
    key = (file, state, reason)


class Balance(ReleasedTable):
    """Raw rows of each file and how many were kept."""

    row = "a file of the export"
    written_by, section = "rates", "flow"
    file = Label("file of the export, or all files")
    raw = Rows("rows in the file: kept, merged, and quarantined")
    kept = Rows("rows that entered a table")
    corrected = Rows("rows kept of which a value was corrected")
    flagged = Rows("rows kept with a doubt")
    merged = Rows("rows that repeat another")
    quarantined = Rows("rows that could not be used")
    key = (file,)


class DataHealth(ReleasedTable):
    """What in the export does not hang together."""

    row = "something that a look at the export found"
    written_by, section = "rates", "flow"
    order = Setting("place of the finding, from 1")
    check = Label("name of the check")
    meaning = Label("what the check finds")
    file = Label("input, by its number, or all inputs")
    column = Label("table and column, where it is about one")
    unit = Label("what is counted: rows, or people")
    n = People("how many", part_of="total", unless=(unit, "rows"))
    total = People("of how many", unless=(unit, "rows"))
    accepted = Label("why the study file accepts what would stop a run; empty where nothing would")
    key = (order,)
