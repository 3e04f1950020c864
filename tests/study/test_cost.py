"""Do the parts of a magnet's price sum to it, and are they those one gets on paper?"""

from __future__ import annotations

import pytest

import monazite as mz
from monazite.errors import InputError
from monazite.model.outcome import Outcome
from monazite.study.cost import magnet_cost

# Oxide from a flat curve at 10 in A; 1.2 kg of it and 2 USD make a kg of metal; 0.3 kg of metal and
# 1.5 USD make 0.3 kg of magnet; the road to B costs 1. In B: 12 + 2 + 5 + 1 = 20 USD/kg.
TABLES = {
    "materials": [
        {"material": "dy_oxide", "stage": "separation"},
        {"material": "dy_metal", "stage": "metal"},
        {"material": "magnet_best", "stage": "magnet"},
    ],
    "curves": [{"country": "A", "material": "dy_oxide", "intercept": 10, "slope": 0}],
    "recipes": [
        {"technology": t, "mode": "m", "material": m, "direction": d, "quantity": q}
        for t, m, d, q in [
            ("smelting", "dy_oxide", "in", 1.2),
            ("smelting", "dy_metal", "out", 1.0),
            ("pressing", "dy_metal", "in", 0.3),
            ("pressing", "magnet_best", "out", 0.3),
        ]
    ],
    "facilities": [
        {"facility": f, "technology": t, "country": "A", "stage": s, "capacity": 9, "cost": c}
        for f, t, s, c in [
            ("smelter", "smelting", "metal", 2),
            ("press", "pressing", "magnet", 1.5),
        ]
    ],
    "arcs": [{"material": "magnet_best", "origin": "A", "destination": "B", "freight": 1}],
    "demand": [
        {"country": "B", "material": "magnet_best", "sector": "use", "form": "linear",
         "intercept": 30, "slope": 10},
    ],
}  # fmt: skip


def test_a_chain_on_paper() -> None:
    outcome = mz.run(case=mz.Case.from_tables(TABLES))
    assert outcome.price("magnet_best", "B") == pytest.approx(12 + 2 + 5 + 1, abs=1e-6)
    frame = magnet_cost(outcome, "best", "B")
    found = {(row["kind"], row["material"]): row for row in frame.iter_rows(named=True)}
    assert set(found) == {
        ("element", "dy_oxide"),
        ("step", "dy_metal"),
        ("step", "magnet_best"),
        ("road", "magnet_best"),
    }
    assert found["element", "dy_oxide"]["quantity"] == pytest.approx(1.2)
    assert found["element", "dy_oxide"]["amount"] == pytest.approx(12, abs=1e-6)
    assert found["step", "dy_metal"]["cost"] == pytest.approx(2, abs=1e-6)
    assert found["step", "magnet_best"]["cost"] == pytest.approx(5, abs=1e-6)
    road = found["road", "magnet_best"]
    assert (road["origin"], road["place"]) == ("A", "B")
    assert road["freight"] == pytest.approx(1, abs=1e-6)
    assert frame["margin"].sum() == pytest.approx(0, abs=1e-6)


@pytest.fixture(scope="module")
def today() -> Outcome:
    return mz.run("today")


@pytest.mark.parametrize("place", ["CHN", "DEU", "JPN", "USA"])
@pytest.mark.parametrize("grade", ["high_coercivity", "standard", "cerium", "smco"])
def test_the_parts_of_every_grade_sum_to_its_price(today: Outcome, grade: str, place: str) -> None:
    frame = magnet_cost(today, grade, place)
    price = today.price(f"magnet_{grade}", place)
    assert price is not None
    assert frame["amount"].sum() == pytest.approx(price, rel=1e-6)
    parts = ("cost", "freight", "duty", "margin", "credit")
    assert sum(frame[name].sum() for name in parts) == pytest.approx(price, rel=1e-6)


def test_an_element_is_paid_at_its_price_where_it_is_worked(today: Outcome) -> None:
    frame = magnet_cost(today, "high_coercivity", "DEU").filter(kind="element")
    assert {"dy_oxide", "ndpr_oxide", "tb_oxide"} <= set(frame["material"])
    for row in frame.iter_rows(named=True):
        price = today.price(row["material"], row["place"])
        assert price is not None
        assert row["amount"] == pytest.approx(row["quantity"] * price, rel=1e-6, abs=1e-6)


def test_a_place_nobody_sells_to_has_no_parts() -> None:
    outcome = mz.run(case=mz.Case.from_tables(TABLES | {"arcs": [], "demand": [
        {**TABLES["demand"][0], "country": country} for country in ("A", "B")
    ]}))  # fmt: skip
    assert outcome.price("magnet_best", "B") is None
    assert magnet_cost(outcome, "best", "B").is_empty()
    assert magnet_cost(outcome, "best", "A")["amount"].sum() == pytest.approx(19, abs=1e-6)


@pytest.mark.parametrize(
    ("grade", "place", "near"),
    [("high_coercivty", "DEU", "high_coercivity"), ("standard", "DEW", "DEU")],
)
def test_a_misspelt_grade_or_place_gets_the_nearest(
    today: Outcome, grade: str, place: str, near: str
) -> None:
    with pytest.raises(InputError, match=f"did you mean {near}"):
        magnet_cost(today, grade, place)
