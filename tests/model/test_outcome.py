"""Is an outcome told and kept as its pages say? Shares, stops, records, files, refusals."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from random_chains import chain
from small_markets import arc, demand, makes, market, plant, supply

from monazite.data import Case, builtin
from monazite.errors import CertificateError
from monazite.model import Market, solve_market
from monazite.model.market import Charge
from monazite.model.outcome import outcome_of
from monazite.model.resilience import n_minus_one


def two_mines(**more):
    """A mine of 6 kt in A, half of it owned in B, and one of 2 kt in B; price 12 - q in B."""
    return {
        "recipes": [makes("mine", "m"), makes("mine", "n", 0.5)],
        "facilities": [
            plant("large", "mine", 6.0, 1.0, stage="mining"),
            plant("small", "mine", 2.0, 1.0, "B", stage="mining"),
        ],
        "owners": [
            {"facility": "large", "owner": "X", "owner_country": "A", "share": 0.5},
            {"facility": "large", "owner": "Y", "owner_country": "B", "share": 0.5},
        ],
        "materials": [
            {"material": "m", "stage": "mining"},
            {"material": "n", "stage": "metal", "disposal_cost": 0.0},
        ],
        "demand": [demand("B", 12.0, 1.0)],
        "arcs": [arc()],
        **more,
    }


def test_shares_by_place_owner_and_company() -> None:
    shares = market(**two_mines()).shares
    assert set(shares) == {"mining", "metal"}
    mining = shares["mining"]
    assert mining["total"] == pytest.approx(8)
    assert mining["by_place"] == {"A": pytest.approx(0.75), "B": pytest.approx(0.25)}
    assert mining["by_owner"] == {"B": pytest.approx(0.625), "A": pytest.approx(0.375)}
    assert mining["by_company"]["X"] == pytest.approx(0.375)
    assert mining["hhi"] == pytest.approx(0.625)
    assert mining["hhi_owner"] == pytest.approx(0.625**2 + 0.375**2)


def test_measures_count_weighted_outputs_or_inputs() -> None:
    """2 m + 4 n is 4 per kg mined; nobody takes m in; without mines nothing is left."""
    rows = [
        {"measure": "weighed", "material": "m", "weight": 2.0},
        {"measure": "weighed", "material": "n", "weight": 4.0},
        {"measure": "fed", "material": "m", "count": "input"},
        {"measure": "other", "material": "m", "exclude_technology": "mine"},
    ]
    shares = market(**two_mines(measures=rows)).shares
    assert shares["weighed"]["total"] == pytest.approx(8 * 4)
    assert shares["fed"]["total"] == shares["other"]["total"] == 0
    assert shares["other"]["by_place"] == {}
    assert shares["other"]["hhi"] == 0


def test_n_minus_one_stops_the_largest_country() -> None:
    """Without A, B's 2 kt sell at 10 instead of 8 kt at 4."""
    rows = n_minus_one(solve_market(Case.from_tables(two_mines())))
    mining = rows.filter(stage="mining").to_dicts()[0]
    assert (mining["country"], mining["share"]) == ("A", pytest.approx(0.75))
    assert mining["used"] == pytest.approx(8)
    assert mining["unserved"] == pytest.approx(6)
    assert mining["unserved_share"] == pytest.approx(0.75)
    assert (mining["price_before"], mining["price_after"]) == (
        pytest.approx(4),
        pytest.approx(10),
    )


def test_a_stop_leaves_no_price_where_nothing_can_come_from() -> None:
    alone = two_mines()
    alone["facilities"] = alone["facilities"][:1]
    rows = n_minus_one(Case.from_tables(alone))
    assert rows["price_after"].to_list() == [None] * rows.height
    assert rows["unserved_share"].to_list() == [pytest.approx(1)] * rows.height


def test_a_charge_is_a_cost_and_a_line_of_the_books() -> None:
    """A charge of 2 on the flow is a duty by another name."""
    case = Case.from_tables({"curves": [supply()], "demand": [demand()], "arcs": [arc()]})
    plain = Market(case)
    levy = Charge("levy", "flow", np.array([0]), 2.0, country=plain.axes.countries.index("B"))
    charged = outcome_of(plain.charged(levy))
    assert charged.price("m", "B") == pytest.approx(7)
    assert charged.books().filter(item="levy", account="treasury")["amount"].sum() == (
        pytest.approx(6)
    )
    assert outcome_of(plain).price("m", "B") == pytest.approx(6)


def test_a_charge_by_rule_reproduces_itself() -> None:
    """Supply p = q, demand p = 10 - q, freight 2: a charge of half the origin price P is a duty.

    10 - q = 1.5 q + 2 gives q = 3.2, P = 3.2, charge 1.6, price at B 6.8.
    """
    case = Case.from_tables(
        {"curves": [supply(intercept=0, slope=1)], "demand": [demand(intercept=10, slope=1)]}
        | {"arcs": [arc(freight=2)]}
    )
    plain = Market(case)
    origin = plain.nodes.at[plain.arcs.origin_key]
    levy = Charge("levy", "flow", np.array([0]), nodes=origin, rule=lambda p: 0.5 * p[origin])
    charged = outcome_of(plain.charged(levy))
    assert charged.price("m", "A") == pytest.approx(3.2)
    assert charged.price("m", "B") == pytest.approx(6.8)
    assert charged.cleared.charged[0] == pytest.approx([1.6])
    assert charged.ledger.residual < 1e-9
    assert {part.item: part.amount for part in charged.decompose("m", "B")}["levy"] == (
        pytest.approx(1.6)
    )


def test_what_does_not_prove_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case.from_tables({"curves": [supply()], "demand": [demand()], "arcs": [arc()]})
    monkeypatch.setattr("monazite.model.outcome.imbalance", lambda *_: 1e-3)
    with pytest.raises(CertificateError, match=r"balance\[m,.*\] misses 1.0e-03"):
        solve_market(case)


def test_a_record_is_plain_json_with_what_proves_it() -> None:
    outcome = market(**two_mines())
    record = json.loads(json.dumps(outcome.record, allow_nan=False))
    assert set(record["certificate"]) == {"primal", "dual", "complementarity", "gap"}
    assert record["books"]["residual"] <= 1e-8
    assert record["objective"] == pytest.approx(outcome.books()["amount"].sum())
    assert record["prices"]["m"] == {"A": pytest.approx(3), "B": pytest.approx(4)}
    assert record["digests"]["case"] == outcome.case.digest
    assert record["headline"]["largest_supplier"]["mining"]["country"] == "A"
    assert set(record["versions"]) >= {"monazite", "python", "piqp"}


def test_an_outcome_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = market(**two_mines())
    outcome.write(tmp_path / "out", csv=True)
    again = pl.read_parquet(tmp_path / "out" / "tables" / "prices.parquet")
    assert again.equals(outcome.prices)
    assert (tmp_path / "out" / "tables" / "books.csv").is_file()
    assert json.loads((tmp_path / "out" / "outcome.json").read_text())["case"] == "case"

    def fail(*_: object) -> dict:
        raise OSError("disk full")

    monkeypatch.setattr("monazite.model.record.record", fail)
    with pytest.raises(OSError, match="disk full"):
        outcome.write(tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_frames_come_as_pandas_for_who_asks() -> None:
    pandas = pytest.importorskip("pandas")
    frames = market(**two_mines()).to_frames("pandas")
    assert isinstance(frames["prices"], pandas.DataFrame)
    assert frames["prices"]["price"].max() == pytest.approx(4)


def test_the_marginal_chain_follows_the_largest_supplier() -> None:
    """Metal in B from oxide of A: the parts tell whose cost, which duty, whose tax."""
    outcome = market(
        recipes=[makes("mine", "o"), makes("smelter", "o", 1.5, "in"), makes("smelter", "m")],
        facilities=[
            plant("pit", "mine", 99.0, 2.0, stage="mining"),
            plant("works", "smelter", 99.0, 4.0, "B", stage="metal"),
        ],
        demand=[demand("B", 50.0)],
        arcs=[{**arc(export_tax=0.5, duty=0.25, loss=0.2), "material": "o"}],
    )
    landed = (2.0 + 1.0 + 0.5 + 0.25) / 0.8
    assert outcome.price("m", "B") == pytest.approx(4 + 1.5 * landed)
    parts = {(p.item, p.who, p.stage): p.amount for p in outcome.decompose("m", "B")}
    assert parts == {
        ("cost", "pit", "mining"): pytest.approx(1.5 * 2 / 0.8),
        ("freight", "A>B", ""): pytest.approx(1.5 * 1 / 0.8),
        ("export_tax", "A>B", ""): pytest.approx(1.5 * 0.5 / 0.8),
        ("duty", "A>B", ""): pytest.approx(1.5 * 0.25 / 0.8),
        ("cost", "works", "metal"): pytest.approx(4),
    }


def test_recycling_does_not_walk_in_circles() -> None:
    """n makes scrap and scrap makes most of n: the walk ends where it began."""
    outcome = market(
        recipes=[
            makes("smelter", "n", 1.0, "in"),
            makes("smelter", "m", 0.3),
            makes("smelter", "scrap", 0.7),
            makes("recycling", "scrap", 1.0, "in"),
            makes("recycling", "n", 0.9),
        ],
        facilities=[plant("works", "smelter", 99.0, 2.0), plant("loop", "recycling", 99.0, 1.0)],
        curves=[{"country": "A", "material": "n", "intercept": 3.0, "slope": 1.0}],
        demand=[demand("A", 90.0, 10.0)],
    )
    assert "feed" in {part.item for part in outcome.decompose("n", "A")}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_largest_prices_of_a_chain_are_told_in_words(seed: int) -> None:
    """The dearest scarcity comes first, and each names what is scarce."""
    outcome = solve_market(Case.from_tables(chain(seed)))
    rents = outcome.capacity_rent * outcome.market.plants.capacity
    if rents.max() > 1 and outcome.bound_rent.max() == 0:
        assert outcome.market.plants.facility[int(rents.argmax())] in outcome.binding[0]
    assert len(outcome.binding) == int(
        (outcome.capacity_rent > 1e-6).sum() + (outcome.bound_rent > 1e-6).sum()
    )


def test_the_reference_world_reproduces_its_base_at_once() -> None:
    """Calibrated prices are the answer: three trials settle the wedges, and assembly is quick."""
    case = builtin("rare_earths")
    started = time.perf_counter()
    built = Market(case)
    assembled = time.perf_counter() - started
    outcome = outcome_of(built)
    assert outcome.cleared.iterations <= 3 and outcome.cleared.programs <= 3
    assert outcome.certificate.ok and outcome.mass_balance <= 1e-6
    assert outcome.ledger.residual <= 1e-6
    assert assembled < 2.0
    base = {
        (m, c): p for m, c, p in case.table("prices").select("material", "country", "price").rows()
    }
    moving = outcome.prices.filter(~outcome.prices["indicative"]).drop_nulls("price")
    for material, country, price in moving.select("material", "country", "price").iter_rows():
        if price > 0 and (material, country) in base:
            assert price == pytest.approx(base[material, country], rel=1e-4, abs=1e-4)


def test_every_price_of_the_reference_world_adds_up() -> None:
    from small_markets import decomposed

    decomposed(solve_market(builtin("rare_earths")))
