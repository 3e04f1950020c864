"""Content rules: by hand, by place and owner, with waivers, three at once, in the books."""

from typing import Any

import pytest

from monazite.data import Case
from monazite.errors import InputError

from .markets import gain, under

RULE = {"kind": "content_rule", "name": "rule", "members": ["B"], "sectors": ["captive"]}
BY_PLACE = {**RULE, "covered": ["A"]}


def two_origins(**more: Any) -> Case:
    """A cheap at 1 + q, C dear at 4 + q with freight 1 + q/2; civil 10 - P and captive 5 - P/2."""
    tables = {
        "curves": [
            {"country": c, "material": "m", "intercept": p, "slope": 1.0}
            for c, p in (("A", 1.0), ("C", 4.0))
        ],
        "demand": [
            {"country": "B", "material": "m", "sector": s, "intercept": 10.0, "slope": k}
            for s, k in (("civil", 1.0), ("captive", 2.0))
        ],
        "arcs": [
            {"material": "m", "origin": "A", "destination": "B", "freight": 1.0},
            {"material": "m", "origin": "C", "destination": "B", "freight": 1.0}
            | {"knee": 0.0, "slope": 0.5},
        ],
    }
    return Case.from_tables(tables | more, "two_origins")


def test_a_captive_user_by_hand() -> None:
    free, ruled = under(two_origins()), under(two_origins(), BY_PLACE)
    assert free.price("m", "B") == pytest.approx(122 / 19)
    assert ruled.price("m@no_A", "B") == pytest.approx(50 / 7)
    assert ruled.price("m", "B") == pytest.approx(6)
    row = ruled.classes.filter(country="B").row(0, named=True)
    assert (row["premium"], row["used"]) == pytest.approx((8 / 7, 10 / 7))


def test_a_waiver_by_hand() -> None:
    waiver = {"country": "B", "material": "m", "sector": "captive", "quantity": 0.25}
    outcome = under(two_origins(), {**BY_PLACE, "waivers": [waiver]})
    assert outcome.price("m@no_A", "B") == pytest.approx(97 / 14)
    assert outcome.price("m", "B") == pytest.approx(6.125)
    # where nothing else is to be had, what is waived is used, at its worth of 10 - 2 * 0.25
    only = under(two_origins(), {**BY_PLACE, "covered": ["A", "C"], "waivers": [waiver]})
    assert only.use.filter(sector="captive")["quantity"].item() == pytest.approx(0.25)
    assert only.price("m@no_A+C", "B") == pytest.approx(9.5)
    enough = under(two_origins(), {**BY_PLACE, "waivers": [{**waiver, "quantity": 9.0}]})
    assert enough.price("m", "B") == pytest.approx(122 / 19)


def test_who_gains_and_who_pays() -> None:
    """C's suppliers gain, A's lose; captive users pay the premium, civil ones less; no treasury."""
    free, ruled = under(two_origins()), under(two_origins(), BY_PLACE)
    assert gain(ruled, "suppliers", "C") > gain(free, "suppliers", "C")
    assert gain(ruled, "suppliers", "A") < gain(free, "suppliers", "A")
    by_sector = [
        dict(one.books().filter(account="users").group_by("owner").agg(_sum()).iter_rows())
        for one in (free, ruled)
    ]
    assert by_sector[1]["captive"] < by_sector[0]["captive"]
    assert by_sector[1]["civil"] > by_sector[0]["civil"]
    assert gain(ruled, "treasury") == 0
    assert ruled.objective < free.objective
    assert ruled.ledger.residual < 1e-9


def _sum() -> Any:
    import polars as pl

    return pl.col("amount").sum()


@pytest.mark.parametrize("fields", [{"status": "suspended"}, {"exempt": ["B"]}, {"covered": ["D"]}])
def test_a_rule_that_covers_nothing_is_no_rule(fields: dict) -> None:
    case = two_origins(countries=[{"country": c} for c in "ABCD"])
    outcome = under(case, {**BY_PLACE, **fields})
    assert outcome.price("m", "B") == pytest.approx(122 / 19, abs=1e-6)
    assert not any(rule.bound(outcome) for rule in outcome.market.instruments)


def test_who_is_covered_himself_can_buy_nothing() -> None:
    """What enters B bears B's mark: captive users go without, 10 - P = P - 2 + (P - 5)/1.5."""
    outcome = under(two_origins(), {**BY_PLACE, "covered": ["B"]})
    assert outcome.use.filter(sector="captive")["quantity"].item() == pytest.approx(0, abs=1e-9)
    assert outcome.price("m", "B") == pytest.approx((12 + 5 / 1.5) / (2 + 1 / 1.5))


def test_at_the_border_nobody_may_buy() -> None:
    """10 - P + 5 - P/2 = (P - 5)/1.5: P = 110/13 for all."""
    outcome = under(two_origins(), {**BY_PLACE, "sectors": [], "materials": ["m"], "at": "border"})
    assert outcome.price("m@no_A", "B") == pytest.approx(110 / 13)
    assert outcome.flow("m", "A", "B") == 0
    assert outcome.market.instruments[0].bound(outcome)
    with pytest.raises(InputError, match="nobody knows the sector"):
        under(two_origins(), {**BY_PLACE, "at": "border"})


def mines() -> Case:
    """Two mines in A at 1, one of them of an owner from D, and a dear one in C at 4, each 3 a year;
    smelted in B at 2 + x/2 into metal with slag.
    """
    owners = {"a": "A", "d": "D", "c": "C", "smelter": "B"}
    places = {"a": ("A", 1.0), "d": ("A", 1.0), "c": ("C", 4.0)}
    return Case.from_tables(
        {
            "recipes": [
                {"technology": "dig", "material": "ore", "direction": "out", "quantity": 1.0},
                {"technology": "melt", "material": "ore", "direction": "in", "quantity": 1.0},
                {"technology": "melt", "material": "metal", "direction": "out", "quantity": 0.9},
                {"technology": "melt", "material": "slag", "direction": "out", "quantity": 0.1},
            ],
            "facilities": [
                {"facility": f, "technology": "dig", "country": c, "capacity": 3.0, "cost": p}
                for f, (c, p) in places.items()
            ]
            + [
                {"facility": "smelter", "technology": "melt", "country": "B", "capacity": 50.0}
                | {"cost": 2.0}
            ],
            "owners": [
                {"facility": f, "owner": o, "owner_country": o, "share": 1.0}
                for f, o in owners.items()
            ],
            "activities": [{"facility": "smelter", "base": 5.0, "knee": 0.0, "slope": 0.5}],
            "demand": [
                {"country": "B", "material": "metal", "sector": s, "form": "fixed", "quantity": q}
                for s, q in (("civil", 2.7), ("captive", 0.9), ("space", 0.9))
            ]
            + [{"country": "B", "material": "slag", "form": "step", "price": 0.0, "quantity": 9.0}],
            "arcs": [{"material": "ore", "origin": o, "destination": "B"} for o in "AC"],
        },
        "mines",
    )


def test_by_owner_the_place_does_not_matter() -> None:
    """Free of A by owner, d's ore in A will do at no premium; by place only c's at 4."""
    by_owner = under(mines(), {**BY_PLACE, "by": "owner"})
    assert by_owner.price("metal@no_A_owned", "B") == pytest.approx(by_owner.price("metal", "B"))
    by_place = under(mines(), BY_PLACE)
    # ore at 1 (a and d make 6 and need not run full) and 4; smelting 5 at 2 + 5/2
    assert by_place.price("metal", "B") == pytest.approx((1 + 4.5) / 0.9)
    assert by_place.price("metal@no_A", "B") == pytest.approx((4 + 4.5) / 0.9)
    assert by_place.price("metal@no_A", "B") > by_owner.price("metal@no_A_owned", "B")


THREE = [
    BY_PLACE,
    {**RULE, "name": "owner", "sectors": ["space"], "covered": ["D"], "by": "owner"},
    {**RULE, "name": "both", "sectors": ["space"], "covered": ["A"], "by": "owner"},
]


def test_three_rules_at_once_by_hand() -> None:
    """Captive: not from A; space: of no owner from D or A, which leaves c's ore for both: 2 kt."""
    outcome = under(mines(), *THREE)
    assert outcome.flow("ore", "C", "B") == pytest.approx(2)
    for free in ("no_A", "no_A_owned@no_D_owned"):
        assert outcome.price(f"metal@{free}", "B") == pytest.approx((4 + 4.5) / 0.9)
    assert outcome.price("metal", "B") == pytest.approx((1 + 4.5) / 0.9)
    assert outcome.output.filter(facility="smelter")["activity"].item() == pytest.approx(5)
    assert [rule.bound(outcome) for rule in outcome.market.instruments] == [True, True, True]
    assert outcome.ledger.residual < 1e-9 and outcome.certificate.worst < 1e-8


def test_the_order_of_the_list_does_not_matter() -> None:
    one, other = under(mines(), *THREE), under(mines(), *THREE[::-1])
    assert one.prices.equals(other.prices)
    assert one.use.equals(other.use)


def test_content_below_the_share_of_value_does_not_count() -> None:
    """Ore at 1 is 1/5 of metal at 5: covered content of 20 % counts at 19 %, not at 21 %."""
    case = mines()
    known = [("ore", 1.0), ("metal", 5 / 0.9), ("slag", 0.0)]
    prices = [{"material": m, "country": "B", "price": p} for m, p in known]
    case = Case.from_tables({**case.stated, "prices": prices}, "priced")
    for least, more in ((0.19, 3 / 0.9), (0.21, 0.0)):
        outcome = under(case, {**BY_PLACE, "de_minimis": least})
        mark = f"no_A_above_{100 * least:.4g}%"
        row = outcome.classes.filter(material="metal", country="B", free_of=mark)
        assert row["premium"].item() == pytest.approx(more, abs=1e-6)


def test_content_that_is_untraced_does_not_count() -> None:
    outcome = under(mines(), {**BY_PLACE, "untraced": ["ore"]})
    row = outcome.classes.filter(material="metal")
    assert row["premium"].to_list() == pytest.approx([0.0], abs=1e-6)
    assert not outcome.market.instruments[0].bound(outcome)
