"""What the report states agrees with the outcome it states it of."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
import sample as world

from monazite.errors import InputError
from monazite.report import statistics
from monazite.report.view import View, view_of


@pytest.fixture
def english(outcome: world.Sample) -> View:
    return view_of(outcome, "en", stops=world.STOPS)


def _sum(frame: pl.DataFrame, **where: str) -> float:
    for column, value in where.items():
        frame = frame.filter(pl.col(column) == value)
    return frame["quantity"].sum()


def test_chain_carries_contained_elements(english: View) -> None:
    links = statistics.chain_links(english)
    metal = _sum(links, stage="metal", country="CHN")
    assert metal == pytest.approx(50.25 * 0.85 * 1.166 * (42.712 / 42.7125), rel=1e-3)
    assert _sum(links, stage="mining", to_stage="heavy_separation") == pytest.approx(15 * 0.211)


def test_chain_mixes_what_a_country_has_before_it_uses_it(english: View) -> None:
    """China has 240 kt of its own concentrate and 41 kt from the United States."""
    links = statistics.chain_links(english).filter(pl.col("to_stage") == "separation")
    to_china = links.filter(pl.col("to_country") == "CHN")
    american = _sum(to_china, country="USA")
    assert american / to_china["quantity"].sum() == pytest.approx(41 / 281)


def test_reexport_is_traced_to_where_it_was_made(outcome: world.Sample) -> None:
    """High-grade magnets of the USA: 6 from China, 3 from Japan."""
    links = statistics.chain_links(view_of(outcome))
    use = links.filter(
        (pl.col("material") == "magnet_high") & (pl.col("to_country") == "USA")
    ).sort("country")
    assert use["quantity"].to_list() == pytest.approx([6 * 0.35, 3 * 0.35])


def test_parts_of_a_cost_curve_sum_to_the_price(english: View) -> None:
    for material in ("ndpr_oxide", "dy_oxide"):
        curve = statistics.supply_curve(english, material)
        total = sum(curve[part] for part in statistics.COST_PARTS)
        assert total.to_list() == pytest.approx(curve["price"].to_list())


def test_joint_cost_is_divided_by_value(english: View) -> None:
    """Heavy separation earns 2.25 * 56 + 1.5 * 257 MUSD and costs 14 * 15 MUSD."""
    curve = statistics.supply_curve(english, "dy_oxide")
    assert curve["facility"].to_list() == ["jiangxi_heavy"]
    assert curve["cost"][0] == pytest.approx(210 * 257 / (2.25 * 56 + 1.5 * 257))


@pytest.mark.parametrize("material", ["ndpr_oxide", "dy_oxide", "magnet_high", "magnet_standard"])
def test_parts_of_each_price_sum_to_it(english: View, material: str) -> None:
    parts = statistics.price_parts(english, material)
    totals = dict(parts.group_by("country").agg(pl.col("amount").sum()).iter_rows())
    assert totals
    for country, total in totals.items():
        assert total == pytest.approx(world.PRICES[material, country])


def test_price_follows_the_chain_back_to_the_mine(english: View) -> None:
    """Dy oxide in Japan: 257 in China, with ore at 3.1 a kilogram, and 15.6 on the way."""
    parts = statistics.price_parts(english, "dy_oxide").filter(pl.col("country") == "JPN")
    amounts = dict(parts.select("part", "amount").iter_rows())
    scale = 257 / (2.25 * 56 + 1.5 * 257)
    assert amounts["mining"] == pytest.approx(scale * 15 * 3.1)
    assert amounts["heavy_separation"] == pytest.approx(scale * 210)
    assert amounts["freight"] == pytest.approx(0.6)
    assert amounts["export_tax"] == pytest.approx(15.0)


def test_prices_where_nothing_moves_are_no_spread(english: View) -> None:
    spread = statistics.price_spread(english).filter(pl.col("material") == "dy_oxide")
    assert spread.select("low", "low_place", "high", "high_place", "places").row(0) == (
        257.0, "CHN", 275.0, "JPN", 2)  # fmt: skip


def test_full_stages_inside_and_outside(english: View) -> None:
    limits = statistics.stage_limits(english)
    full = set(limits.filter(pl.col("full")).select("stage", "country").iter_rows())
    assert full == {("mining", "CHN"), ("heavy_separation", "CHN"), ("metal", "JPN"),
                    ("metal", "outside:CHN")}  # fmt: skip
    mine = limits.filter((pl.col("stage") == "mining") & (pl.col("country") == "CHN"))
    assert mine["rent"][0] == pytest.approx(240 * (5.0 - 3.1))


def test_concentration_is_the_sum_of_squares() -> None:
    assert statistics.concentration({"A": 0.5, "B": 0.3, "C": 0.2}) == pytest.approx(0.38)


def test_accounts_sum_to_the_books(english: View, outcome: world.Sample) -> None:
    total = statistics.accounts(english)["amount"].sum()
    assert total == pytest.approx(outcome.books()["amount"].sum())


def test_quota_holders_stand_where_the_quota_binds(outcome: world.Sample) -> None:
    entry = pl.DataFrame(
        [("2024", "quota_holders", "", "mining_quota", 192.0)],
        schema=outcome.entries.schema,
        orient="row",
    )
    terms = pl.DataFrame({"limit": ["mining_quota"], "facility": ["bayan_obo"]})
    case = world.Tables({**outcome.case.tables, "limit_terms": terms})
    view = view_of(replace(outcome, entries=entry, case=case))
    assert statistics.accounts(view).rows() == [("quota_holders", "CHN", 192.0)]


def test_stops_are_summed_over_the_places_outside(outcome: world.Sample) -> None:
    stops = pl.DataFrame({
        "stage": ["mining"] * 3, "country": ["CHN"] * 3, "share": [0.8] * 3,
        "material": ["magnet_high"] * 3, "place": ["CHN", "JPN", "USA"],
        "used": [34.0, 7.0, 9.0], "unserved": [34.0, 7.0, 1.0], "unserved_share": [1.0, 1.0, 1 / 9],
        "price_before": [62.0, 64.0, 65.0], "price_after": [None, None, 90.0],
    })  # fmt: skip
    row = statistics.stop_sums(view_of(outcome, stops=stops)).row(0, named=True)
    assert (row["used"], row["unserved"], row["unserved_share"]) == (16.0, 8.0, 0.5)
    assert (row["place"], row["price_after"]) == ("USA", 90.0)


def test_bases_weigh_facilities_by_activity(english: View) -> None:
    bases = statistics.bases(english).filter(pl.col("stage") == "mining")
    shares = dict(bases.select("basis", "share").iter_rows())
    assert shares == pytest.approx({"reported": 240 / 285, "estimate": 45 / 285})


def test_adjustments_are_told_in_words_and_sorted(outcome: world.Sample) -> None:
    frame = pl.DataFrame({
        "kind": ["flows", "uses", "activities", "observation"],
        "key": ["ndpr_oxide/CHN/JPN", "JPN/ndpr_oxide/wind", "bayan_obo/main", "dy_output"],
        "raw": [10.0, 1.0, 200.0, 0.0], "reconciled": [9.0, 1.5, 240.0, 1.0],
        "weight": [1.0, 1.0, 1.0, 1.0],
    })  # fmt: skip
    told = statistics.adjustments(view_of(outcome, "zh", reconciliation=frame))
    assert told["observation"].to_list()[:2] == ["日本的氧化镨钕用量 (风电)", "白云鄂博"]
    assert told["difference"].to_list() == [pytest.approx(0.5), pytest.approx(0.2),
                                            pytest.approx(-0.1), None]  # fmt: skip


def test_hindsight_takes_a_backcast(outcome: world.Sample) -> None:
    frame = pl.DataFrame({
        "material": ["dy_oxide", "tb_oxide"], "real_2023": [330.0, 1300.0],
        "real_2024": [257.0, 812.0], "model_2023": [300.0, None], "model_2024": [257.0, 800.0],
        "real_ratio": [1.284, 1.6], "model_ratio": [1.167, None],
    })  # fmt: skip
    found = statistics.hindsight(view_of(outcome, hindsight=frame))
    assert found.rows() == [("dy_oxide", None, "2023", 300.0, 330.0, 1.167, 1.284)]


def test_residuals_are_compared_with_cost(english: View, outcome: world.Sample) -> None:
    rows = outcome.output.select("residual", "cost", "activity").rows()
    share = sum(abs(r) * x for r, _, x in rows) / sum(c * x for _, c, x in rows)
    assert statistics.residual_share(english) == pytest.approx(share)


def test_other_periods_do_not_count(outcome: world.Sample) -> None:
    later = outcome.use.with_columns(period=pl.lit("2025"))
    both = replace(outcome, use=pl.concat([outcome.use, later]))
    one, two = (statistics.chain_links(view_of(o)) for o in (outcome, both))
    assert one["quantity"].sum() == pytest.approx(two["quantity"].sum())


def _months(outcome: world.Sample, dearer: dict[tuple[str, str], float]) -> View:
    """The sample's year as the first of two months; some prices are multiples in the second."""
    prices = outcome.prices.with_columns(period=pl.lit("2025-04"))
    keys = [dearer.get(key, 1.0) for key in prices.select("material", "country").iter_rows()]
    later = prices.with_columns(pl.col("price") * pl.Series(keys), period=pl.lit("2025-05"))
    use = outcome.use.with_columns(period=pl.lit("2025-04"))
    return view_of(replace(outcome, prices=pl.concat([prices, later]), use=use))


def test_the_dearest_month_is_shown_unless_another_is_asked_for(outcome: world.Sample) -> None:
    dearer = _months(outcome, {("magnet_high", "JPN"): 3.0, ("magnet_standard", "CHN"): 0.99})
    assert dearer.period == "2025-05"
    cheaper = _months(outcome, {("magnet_high", "JPN"): 0.5})
    assert (cheaper.period, _months(outcome, {}).period) == ("2025-04", "2025-04")
    # what has no price in one month counts in none
    gone = pl.when((pl.col("material") == "magnet_high") & (pl.col("period") == "2025-05"))
    lost = dearer.outcome.prices.with_columns(price=gone.then(None).otherwise("price"))
    rest = pl.when((pl.col("material") != "magnet_high") & (pl.col("period") == "2025-05"))
    lost = lost.with_columns(price=rest.then(pl.col("price") * 1.1).otherwise("price"))
    assert view_of(replace(dearer.outcome, prices=lost)).period == "2025-05"
    assert view_of(dearer.outcome, "en", "2025-04").period == "2025-04"
    with pytest.raises(InputError, match=r"2031.*2025-04, 2025-05"):
        view_of(dearer.outcome, "en", "2031")


def test_prices_over_time_tell_the_cheapest_place_and_those_that_move_most(
    outcome: world.Sample,
) -> None:
    dearer = {("magnet_high", "USA"): 2.0, ("magnet_high", "JPN"): 3.0, ("ndpr_oxide", "JPN"): 1.5}
    frame = statistics.price_times(_months(outcome, dearer), places=2)
    assert frame.filter(pl.col("period") == "2025-05").rows() == [
        ("magnet_high", "CHN", "2025-05", 62.0),
        ("magnet_high", "JPN", "2025-05", 192.0),
        ("ndpr_oxide", "USA", "2025-05", 55.0),
        ("ndpr_oxide", "JPN", "2025-05", 85.5),
    ]
    assert frame.filter(pl.col("period") == "2025-04")["price"].to_list() == [62, 64, 55, 57]


def test_prices_over_time_need_two_periods_and_a_move(outcome: world.Sample, english: View) -> None:
    assert not statistics.price_times(english).height
    assert not statistics.price_times(_months(outcome, {})).height
