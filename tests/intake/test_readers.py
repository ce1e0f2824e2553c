"""The fast reader of text exports gives what the careful one gives, or leaves the file to it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outcomes.errors import InputError
from outcomes.intake.readers import scanning, text
from outcomes.intake.readers.careful import Careful, Task

cells = st.text(st.sampled_from('ab1é ,"\n'), max_size=4)
widths = st.integers(1, 3)


def quoted(cell):
    """Return a cell as a careful exporter writes it: quoted where it must be."""
    return f'"{cell.replace(chr(34), chr(34) * 2)}"' if set(cell) & set('",\n') else cell


@st.composite
def tables(draw):
    width = draw(widths)
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    lines = [",".join("xyz"[:width]), *(",".join(map(quoted, row)) for row in rows)]
    return width, rows, (end.join(lines) + end).encode()


@st.composite
def scraps(draw):
    """Draw bytes that need not be a table at all, without stray quotes: only the careful reader judges those."""
    width = draw(widths)
    body = draw(st.text(st.sampled_from("ab1é ,\n\r"), min_size=1, max_size=40))
    return width, (",".join("xyz"[:width]) + "\n" + body).encode()


def read_both(width, content, block):
    """Return both readers' columns spelt out; None where a reader declines or refuses."""
    places = {name: place for place, name in enumerate("xyz"[:width])}
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (text, scanning):
            patch.setattr(module, "BLOCK", block)
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        task = Task(path, "file.csv", "utf-8-sig", ",", width, places, 1)
        shape = scanning.scan_bytes(path, "file.csv", "utf-8-sig")
        fast = text._read_fast(task, shape, frozenset()) if shape.plain else None
        try:
            slow, _ = Careful(task).read()
        except InputError:
            slow = None
    return tuple(
        columns and {name: w.values[w.codes].tolist() for name, w in columns.items()} for columns in (fast, slow)
    )


@settings(max_examples=200, deadline=None)
@example(
    (
        2,
        [["", '1"']] * 2 + [["1", '1"'], ["11", '1"'], ['1"', '11""'], ['""', "\n,"]],
        b'x,y\r\n,"1"""\r\n,"1"""\r\n1,"1"""\r\n11,"1"""\r\n"1""","11"""""\r\n"""""","\n,"\r\n',
    ),
    64,
)  # cut within the last value
@given(tables(), st.sampled_from([64, 1 << 20]))
def test_well_formed_files_are_read_to_the_letter(table, block):
    width, rows, content = table
    fast, slow = read_both(width, content, block)
    expected = {name: [row[place].strip() for row in rows] for place, name in enumerate("xyz"[:width])}
    assert slow == expected
    assert fast == expected or (fast is None and b'"' in content)


@settings(max_examples=200, deadline=None)
@given(scraps(), st.sampled_from([64, 1 << 20]))
def test_other_files_are_read_alike_or_left_to_the_careful_reader(scrap, block):
    fast, slow = read_both(*scrap, block)
    assert fast is None or fast == slow
