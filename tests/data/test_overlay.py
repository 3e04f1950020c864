"""Does an overlay change what it says, tell so, and get blamed for its own mistakes only?"""

import pytest

from monazite.data import Case, Change, validate
from monazite.errors import InputError

FACILITIES = (
    "facility,period,technology,country,capacity [kt/yr],cost\n"
    "mt_weld,,pit,AUS,10,2\n"
    "bayan_obo,,pit,CHN,200,1\n"
)
RECIPES = "technology,material,direction,quantity\npit,ore,out,1\n"
DEMAND = "country,material,intercept,slope\nJPN,ore,10,1\n"


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    for name, text in {"facilities": FACILITIES, "recipes": RECIPES, "demand": DEMAND}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def lay(tmp_path, **texts):
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def capacities(case):
    return dict(case.table("facilities").select("facility", "capacity").rows())


def test_cells_are_changed_and_rows_added(base, tmp_path):
    text = (
        "facility,technology,country,capacity [t/yr],cost\n"
        "mt_weld,,,12000,\n"
        "my_mine,pit,JPN,500,3\n"
    )
    case = Case.from_folder(base, lay(tmp_path, facilities=text))
    assert capacities(case) == {"bayan_obo": 200.0, "mt_weld": 12.0, "my_mine": 0.5}
    assert case.table("facilities").filter(facility="mt_weld")["cost"].item() == 2.0
    assert case.changes == (
        Change("facilities", ("mt_weld", None), "capacity", 10.0, 12.0),
        Change("facilities", ("my_mine", None), "technology", None, "pit"),
        Change("facilities", ("my_mine", None), "country", None, "JPN"),
        Change("facilities", ("my_mine", None), "capacity", None, 0.5),
        Change("facilities", ("my_mine", None), "cost", None, 3.0),
    )


def test_equal_cells_are_no_change(base, tmp_path):
    same = "facility,capacity [t/yr]\nmt_weld,10000\n"
    case = Case.from_folder(base, lay(tmp_path, facilities=same))
    assert case.changes == ()
    assert case.digest == Case.from_folder(base).digest


def test_overlay_may_bring_a_new_table_and_come_from_memory(base):
    prices = [{"material": "ore", "country": "JPN", "price": 7.0}]
    case = Case.from_folder(base, {"prices": prices})
    assert case.table("prices")["price"].to_list() == [7.0]
    assert case.changes == (Change("prices", ("ore", "JPN"), "price", None, 7.0),)


def test_overlay_is_blamed_with_its_own_file_and_line(base, tmp_path):
    text = "facility,capacity,technology\nmt_weld,11,\nbayan_obo,-5,\nmt_weld,12,\nnew_mine,3,pti\n"
    overlay = lay(tmp_path, facilities=text)
    found = [(fault.place, fault.key) for fault in validate(base, overlay)]
    assert found == [
        ("mine/facilities.csv:3:capacity", "negative"),
        ("mine/facilities.csv:4:facility", "duplicate_key"),
        ("mine/facilities.csv:5:technology", "no_recipe_near"),
        ("mine/facilities.csv:5:country", "empty_cell"),
        ("mine/facilities.csv:5:cost", "empty_cell"),
    ]


def test_overlay_may_break_a_relation_of_the_base(base, tmp_path):
    owners = "facility,owner,owner_country,share\nmt_weld,Lynas,AUS,1\n"
    (base / "owners.csv").write_text(owners, encoding="utf-8")
    overlay = lay(tmp_path, owners="facility,owner,owner_country,share\nmt_weld,JARE,JPN,0.3\n")
    with pytest.raises(InputError, match="mt_weld sum to 1.3, not 1"):
        Case.from_folder(base, overlay)


def test_overlay_changes_neither_folder_nor_base(base, tmp_path):
    before = Case.from_folder(base)
    digest = before.digest
    Case.from_folder(base, lay(tmp_path, facilities="facility,capacity\nmt_weld,1\n"))
    assert Case.from_folder(base).digest == digest
    assert before.changes == ()


def test_evidence_goes_with_the_figure_it_speaks_of(base, tmp_path):
    held = FACILITIES.replace("cost\n", "cost,source,low,high\n")
    held = held.replace("10,2\n", "10,2,lynas,9,11\n").replace("200,1\n", "200,1,usgs,190,210\n")
    (base / "facilities.csv").write_text(held, encoding="utf-8")
    sources = "source,citation\nlynas,Lynas\nusgs,USGS\n"
    (base / "sources.csv").write_text(sources, encoding="utf-8")
    (base / "demand.csv").write_text("country,material,form\n", encoding="utf-8")
    (base / "recipes.csv").write_text(
        "technology,material,direction,quantity,basis\npit,ore,out,1,definition\n", encoding="utf-8"
    )
    overlay = lay(tmp_path, facilities="facility,capacity,cost\nmt_weld,20,\nbayan_obo,,3\n")
    case = Case.from_folder(base, overlay)
    rows = {row["facility"]: row for row in case.table("facilities").rows(named=True)}
    mine, theirs = rows["mt_weld"], rows["bayan_obo"]
    assert [mine[name] for name in ("capacity", "source", "low", "high")] == [
        20.0,
        None,
        None,
        None,
    ]
    assert [theirs[name] for name in ("cost", "source", "low", "high")] == [
        3.0,
        "usgs",
        190.0,
        210.0,
    ]
    assert Change("facilities", ("mt_weld", None), "source", "lynas", None) in case.changes
    assert len(case.changes) == 5


def test_an_assumption_of_ones_own_needs_no_range(base, tmp_path):
    text = "facility,technology,country,capacity,cost,basis\nmy_mine,pit,JPN,1,2,assumption\n"
    assert validate(base, lay(tmp_path, facilities=text)) == []
    (base / "facilities.csv").write_text(text, encoding="utf-8")
    assert [fault.key for fault in validate(base)] == ["assumption_without_range"]
