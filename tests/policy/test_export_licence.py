"""Export licences: the queue by hand, surprise, limits, switches, books, order."""

from typing import Any

import polars as pl
import pytest

import monazite as mz
from monazite.errors import InputError

from .markets import gain, two_countries

MONTHS = {"first": "2025-01", "last": "2025-03", "cover": 365.25 / 12, "carrying": 0.0}
NAMES = ["2025-01", "2025-02", "2025-03"]
DESK = {
    "kind": "export_licence",
    "name": "desk",
    "exporters": ["A"],
    "desk": [0.0, 0.5],
    "start": "2025-02-01",
    "holder": "A",
    "waiting_cost": 1.2,
}


def by_month(*rules: dict[str, Any], case: Any = None, **months: Any) -> Any:
    """The two countries by month under rules; a kg missing in an empty store costs 4 a month."""
    fields = {"name": "t", "months": {**MONTHS, "premium": 4 / 6, **months}, "instruments": rules}
    return mz.run(mz.Scenario.checked(fields), case=case or two_countries())


def prices(outcome: Any, place: str) -> list[float]:
    return [outcome.price("m", place, month) for month in NAMES]


def exports(outcome: Any) -> list[float]:
    return [outcome.flow("m", "A", "B", month) for month in NAMES]


def test_the_queue_by_hand() -> None:
    """Rates of kt/yr stand for the hand case's kt a month: a month has a twelfth of them."""
    outcome = by_month(DESK)
    assert exports(outcome) == pytest.approx([4, 0, 6], abs=1e-6)
    assert prices(outcome, "A") == pytest.approx([5, 4, 4.5])
    assert prices(outcome, "B") == pytest.approx([6, 8, 6])
    assert outcome.use["quantity"].to_list() == pytest.approx([4, 2, 4])
    level = outcome.stocks.filter(stock="buyers")["level"]
    assert (12 * level).to_list() == pytest.approx([4, 2, 4])
    assert outcome.limits["rent"].to_list() == pytest.approx([0.5])
    assert gain(outcome, "quota_holders") == pytest.approx(6 * 0.5)
    assert outcome.market.instruments[0].bound(outcome)


def test_the_queue_identity_holds() -> None:
    """12 z: 3 wait after 3 applied for and none granted; then 3 + 3.5 - 6."""
    outcome = by_month(DESK)
    (rule,) = outcome.scenario.instruments
    queue = 12 * rule.queue(outcome).select("applied", "granted", "waiting")
    assert queue["applied"].to_list() == pytest.approx([4, 3, 3.5])
    assert queue["granted"].to_list() == pytest.approx([4, 0, 6], abs=1e-6)
    assert queue["waiting"].to_list() == pytest.approx([0, 3, 0.5], abs=1e-6)
    after = queue["waiting"].shift(1, fill_value=0.0) + queue["applied"] - queue["granted"]
    assert after.to_list() == pytest.approx(queue["waiting"].to_list(), abs=1e-6)


def test_who_expects_the_rule_buys_ahead_of_it() -> None:
    """Announced: with x put by in January, P = 2 + q in both months, q = 10 - P + x, and in
    February a = 10 - P - x is missing, P = 6 + a: P = 7, q = 5, x = 2, a = 1.
    """
    known = by_month({**DESK, "announced": True})
    assert exports(known) == pytest.approx([5, 0, 6], abs=1e-6)
    assert prices(known, "B") == pytest.approx([7, 7, 6])


def test_a_figure_believed_to_last_frightens_more_than_a_schedule() -> None:
    """Without 6 in sight, February's buyers keep more in store, use less and pay more."""
    lasting = by_month({**DESK, "expected": "to_last"})
    assert prices(lasting, "B")[1] > 9 > prices(by_month(DESK), "B")[1]
    assert exports(lasting) == pytest.approx([4, 0, 6], abs=1e-6)
    assert prices(lasting, "B")[0] == pytest.approx(6)


@pytest.mark.parametrize(
    "fields", [{"desk": 1e6}, {"status": "suspended"}, {"start": "2026-01-01"}, {"desk": 0.5}]
)
def test_a_desk_with_room_is_no_rule(fields: dict[str, Any]) -> None:
    outcome = by_month({**DESK, **fields})
    assert exports(outcome) == pytest.approx([4, 4, 4], abs=1e-6)
    assert prices(outcome, "B") == pytest.approx([6, 6, 6], abs=1e-6)
    assert outcome.ledger.residual < 1e-9


@pytest.mark.parametrize("fields", [{"desk": 0.0}, {"desk": 9e-6}, {"desk": 9.0, "refused": ["B"]}])
def test_a_desk_of_nothing_is_a_ban_while_it_lasts(fields: dict[str, Any]) -> None:
    """February only: nothing leaves; in March goods that waited leave with what is made."""
    outcome = by_month({**DESK, **fields, "end": "2025-02-28"})
    january, february, march = exports(outcome)
    assert (january, february) == pytest.approx((4, 0), abs=1e-6)
    assert march > 5
    assert prices(outcome, "B")[1] > 7 > 5 > prices(outcome, "A")[1]


def test_a_refused_end_use_goes_without_the_goods() -> None:
    """Two sectors of p = 10 - 2 q share B's 4; without one of them 10 - 2 q = 2 + q: q = 8/3."""
    use = {"country": "B", "material": "m", "intercept": 10.0, "slope": 2.0}
    case = two_countries(demand=[{**use, "sector": s} for s in ("cars", "arms")])
    rule = {**DESK, "desk": 9.0, "start": None, "announced": True, "refused_uses": ["arms"]}
    scenario = mz.Scenario.checked({"name": "t", "instruments": [rule]})
    outcome = mz.run(scenario, case=case)
    used = dict(outcome.use.select("sector", "quantity").iter_rows())
    assert used == pytest.approx({"cars": 8 / 3, "arms": 0.0}, abs=1e-6)
    assert outcome.ledger.residual < 1e-9


def test_shares_of_the_base_year_stand_for_tonnes() -> None:
    """Half of the base exports, 4, is 2; the desk of 1/6 kt a month is as much."""
    shares = by_month({**DESK, "desk": [], "approval": 0.5})
    tonnes = by_month({**DESK, "desk": 1 / 6})
    assert exports(shares) == pytest.approx([4, 2, 2])
    assert prices(shares, "B") == pytest.approx(prices(tonnes, "B"))


def test_a_year_has_twelve_desks_and_no_queue() -> None:
    """A case of one period: 12 * 1/6 = 2 kt a year, 3 in A, 8 in B, a licence worth 4."""
    rule = {**DESK, "desk": 1 / 6, "start": None, "announced": True}
    scenario = mz.Scenario.checked({"name": "t", "instruments": [rule]})
    outcome = mz.run(scenario, case=two_countries())
    assert outcome.flow("m", "A", "B") == pytest.approx(2)
    assert outcome.limits["rent"].to_list() == pytest.approx([4.0])
    assert outcome.stocks.is_empty()


def test_books_close_and_order_does_not_matter() -> None:
    duty = {"kind": "tariff", "name": "duty", "importers": ["B"], "specific": 1.0}
    one, other = by_month(DESK, duty), by_month(duty, DESK)
    assert prices(one, "B") == pytest.approx(prices(other, "B"))
    assert one.ledger.residual < 1e-9
    assert gain(one, "treasury", "B") == pytest.approx(sum(exports(one)))


def test_who_gains_and_who_loses() -> None:
    """Users abroad and suppliers lose; holders get less than they lose."""
    free, held = by_month(), by_month(DESK)
    lost = {a: gain(free, a) - gain(held, a) for a in ("users", "suppliers")}
    assert min(lost.values()) > 0
    assert sum(lost.values()) > gain(held, "quota_holders") > 0


def test_months_without_a_rule_are_the_base_year() -> None:
    """Also where holding costs something: the cover stands at the level told, 30 days of 4."""
    outcome = by_month(cover=30.0, carrying=0.2)
    assert prices(outcome, "B") == pytest.approx([6, 6, 6])
    level = outcome.stocks.filter(pl.col("country") == "B")["level"]
    assert level.to_list() == pytest.approx([4 * 30 / 365.25] * 3)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"approval": 0.5}, "one of them"),
        ({"desk": [1.0, -1.0]}, "0 or more"),
        ({"start": None}, "announced: true"),
    ],
)
def test_what_makes_no_rule_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        by_month({**DESK, **fields})


def test_months_of_a_case_with_years_are_refused() -> None:
    years = [{"period": y, "start": f"{y}-01-01", "years": 1.0} for y in ("2024", "2025")]
    with pytest.raises(InputError, match="2 periods"):
        by_month(case=two_countries(periods=years))
