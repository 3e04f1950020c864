"""Is each kind of mistake found where it stands, once, with a remedy in both languages?"""

from pathlib import Path

import pytest

from monazite.data import Case, validate
from monazite.errors import InputError
from monazite.messages import LANGUAGES

HERE = Path(__file__).parent
BROKEN = sorted((HERE / "broken").iterdir())


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_one_mistake_is_one_fault_at_its_place(folder):
    place, key = (folder / "expected.txt").read_text(encoding="utf-8").strip().rsplit(" ", 1)
    faults = validate(folder)
    assert [one.place for one in faults] == [place], [str(one) for one in faults]
    assert faults[0].key == key
    told = [faults[0].told(lang) for lang in LANGUAGES]
    assert all(one.what and one.remedy for one in told)
    assert told[0].remedy != told[1].remedy


def test_corpus_is_broad():
    keys = {(folder / "expected.txt").read_text(encoding="utf-8").split()[-1] for folder in BROKEN}
    assert len(BROKEN) >= 60
    assert len(keys) >= 45


def test_what_the_corpus_breaks_is_sound():
    assert validate(HERE / "sound") == []
    case = Case.from_folder(HERE / "sound")
    assert case.table("facilities").height == 2


def test_error_lists_every_fault_and_exits_with_2():
    with pytest.raises(InputError) as caught:
        Case.from_folder(HERE / "broken" / "33_negative_capacity")
    assert caught.value.exit_status == 2
    assert str(caught.value) == (
        "facilities.csv:3:capacity: -4 is negative; give a capacity of 0 or more, in kt/yr"
    )


def test_unknown_sector_of_a_path_names_those_of_demand():
    told = [str(one) for one in validate(HERE / "broken" / "78_unknown_sector_far")]
    assert told == [
        "demand_paths.csv:3:sector: no row of demand is of the sector shipping, so nothing would"
        " grow along this path; use one of: magnets"
    ]


def test_a_folder_called_like_a_table_is_told(tmp_path: Path):
    (tmp_path / "arcs.csv").mkdir()
    (tmp_path / "countries.csv").write_text("country\nA\n", encoding="utf-8")
    assert str(validate(tmp_path)[0]) == (
        "arcs.csv: this is a folder where the table arcs is looked for;"
        " move the table out of it, or rename the folder"
    )
