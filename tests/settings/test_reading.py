"""What a study file's YAML may not be: each kind is one sentence with its line, and none is read as something else."""

import pytest

from outcomes.errors import SettingsError
from outcomes.settings import read_study
from outcomes.settings.reading import DEEPEST, LONGEST, read_yaml

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("study: a\nseed: 1\nstudy: b\n", r"line 3: not valid YAML \(the key 'study' stands here and in line 1"),
        ("arms:\n  - {id: iv, label: IV, id: im}\n", "line 2: .*the key 'id' stands here and in line 2"),
        ("a: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), f"nested more than {DEEPEST} levels deep"),
        ("a: " + "[" * 200_000, f"nested more than {DEEPEST} levels deep"),
        ("".join(f"{' ' * level}a:\n" for level in range(2_000)), f"nested more than {DEEPEST} levels deep"),
        (BOMB, "more than 1,000,000 values"),
        ("a: &a [1, *a]\n", "more than 1,000,000 values"),
        ("a: *b\n", "line 1: not valid YAML .found undefined alias"),
        ("a: !!python/object/apply:os.system ['true']\n", "line 1: not valid YAML .could not determine a constructor"),
        ("a: 2024-13-45\n", "a value that cannot be"),
        ("? [1, 2]\n: b\n", "line 1: not valid YAML"),
        ("a: \x00\n", "not valid YAML"),
        ("a: [\n", "not valid YAML"),
        ("study: a\nseed: 014\n", "line 2: .*014 would be read as another number; put it in quotes"),
        ("study: 12:30\n", "line 1: .*12:30 would be read as another number"),
        ("a: {x: 1:30.5}\n", "1:30.5 would be read as another number"),
        ("a: {010: iv}\n", "010 would be read as another number"),
        ("seed: 0x" + "f" * 9_000, "0xffffffffffffffffff would be read as another number"),
        ("# " + "x" * LONGEST, "longer than 4 MB"),
    ],
)
def test_it_is_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=said) as caught:
        read_study(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "mine.yaml").write_bytes("study: ä".encode("utf-16"))
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        read_yaml(tmp_path / "mine.yaml")


def test_references_and_merged_keys_are_read(tmp_path):
    text = "\ufeffa: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a, *a]\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    both = {"x": 1, "y": 2}
    assert read_yaml(tmp_path / "mine.yaml") == {"a": both, "b": {"x": 1, "y": 3}, "c": [both, both]}


def test_plain_numbers_and_quoted_codes_are_read(tmp_path):
    (tmp_path / "mine.yaml").write_text("a: [0, 0.5, -0.25, 10, 1e-3, '010', \"1:30\", 2024-01-02 03:04, 0.0, +1]\n")
    assert read_yaml(tmp_path / "mine.yaml")["a"][:7] == [0, 0.5, -0.25, 10, "1e-3", "010", "1:30"]
