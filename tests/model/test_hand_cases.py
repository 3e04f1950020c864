"""Do markets solved on paper come out as on paper? The algebra is in docs/mathematics.md."""

from __future__ import annotations

import pytest
from small_markets import arc, demand, gain, makes, market, plant, proved, supply

from monazite.data import Case
from monazite.errors import InfeasibleError
from monazite.model import solve_market


def about(value: float):
    return pytest.approx(value, rel=1e-7, abs=1e-7)


# --- trade ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("freight", [0.0, 1.0, 4.0, 8.99])
def test_two_countries_trade_until_prices_differ_by_freight(freight: float) -> None:
    """1 + q + freight = 10 - q, so q = (9 - freight) / 2."""
    q = (9 - freight) / 2
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(freight=freight)])
    assert outcome.price("m", "A") == about(1 + q)
    assert outcome.price("m", "B") == about(1 + q + freight)
    assert outcome.flow("m", "A", "B") == about(q)
    assert gain(outcome, "users") == about(q * q / 2)
    assert gain(outcome, "suppliers") == about(q * q / 2)
    assert gain(outcome, "traders") == about(0)
    assert outcome.objective == about(q * q)


def test_no_trade_when_freight_is_above_the_gap() -> None:
    """Supply starts at 1, demand at 10: nothing moves at a freight above 9."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(freight=12.0)])
    assert outcome.flow("m", "A", "B") == about(0)
    assert outcome.prices["indicative"].to_list() == [True, True]


def test_a_specific_duty_is_shared_and_goes_to_the_importer() -> None:
    """1 + q + 1 + 2 = 10 - q: q = 3; the importer's treasury gets 2 * 3."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(duty=2.0)])
    assert outcome.price("m", "A") == about(4)
    assert outcome.price("m", "B") == about(7)
    assert gain(outcome, "treasury", "B") == about(6)
    assert gain(outcome, "treasury", "A") == 0
    assert outcome.objective == about(4.5 + 4.5 + 6)


def test_a_specific_export_tax_goes_to_the_exporter() -> None:
    """The same wedge as the duty, the same prices, the other treasury."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(export_tax=2.0)])
    assert outcome.price("m", "B") == about(7)
    assert gain(outcome, "treasury", "A") == about(6)
    assert gain(outcome, "treasury", "B") == 0


def test_an_ad_valorem_duty_is_on_price_and_freight() -> None:
    """10 - q = 1.2 (1 + q + 1): q = 7.6 / 2.2; duty 0.2 (P + 1) per kg."""
    q = 7.6 / 2.2
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(duty_rate=0.2)])
    assert outcome.flow("m", "A", "B") == pytest.approx(q, rel=1e-6)
    assert outcome.price("m", "B") == pytest.approx(10 - q, rel=1e-6)
    assert gain(outcome, "treasury", "B") == pytest.approx(0.2 * (2 + q) * q, rel=1e-5)
    assert outcome.cleared.residual <= 1e-6
    assert outcome.cleared.iterations > 1


def test_export_charges_are_part_of_the_value_duty_is_on() -> None:
    """10 - q = 1.2 (1.1 (1 + q) + 0.5 + 1): q = (10 - 3.12) / 2.32."""
    q = (10 - 1.2 * 2.6) / (1 + 1.2 * 1.1)
    rates = {"duty_rate": 0.2, "export_rate": 0.1, "export_tax": 0.5}
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(**rates)])
    price = 1 + q
    assert outcome.price("m", "A") == pytest.approx(price, rel=1e-6)
    tax, duty = 0.1 * price + 0.5, 0.2 * (1.1 * price + 1.5)
    assert gain(outcome, "treasury", "A") == pytest.approx(tax * q, rel=1e-5)
    assert gain(outcome, "treasury", "B") == pytest.approx(duty * q, rel=1e-5)


def test_a_rate_of_zero_changes_nothing_and_prices_known_need_no_search() -> None:
    tables = {"curves": [supply()], "demand": [demand()]}
    free = market(**tables, arcs=[arc(duty_rate=0.0)])
    assert free.cleared.programs <= 3
    q = 7.6 / 2.2
    known = [{"material": "m", "country": c, "price": p} for c, p in (("A", 1 + q), ("B", 10 - q))]
    found = market(**tables, arcs=[arc(duty_rate=0.2)], prices=known)
    assert found.cleared.iterations == 1
    assert found.cleared.programs == 1


def test_a_prohibitive_rate_ends_trade() -> None:
    """10 >= 11 (1 + 1) fails: a duty of 1000 % on a value of at least 2 leaves nothing."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(duty_rate=10.0)])
    assert outcome.flow("m", "A", "B") == pytest.approx(0, abs=1e-6)


def test_what_is_lost_on_the_way_is_paid_by_the_price() -> None:
    """0.9 P_B = P_A + 1 and use = 0.9 q: 0.9 (10 - 0.9 q) = 2 + q, q = 7 / 1.81."""
    q = 7 / 1.81
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(loss=0.1)])
    assert outcome.flow("m", "A", "B") == about(q)
    assert outcome.price("m", "B") == about(10 - 0.9 * q)
    assert outcome.use["quantity"][0] == about(0.9 * q)


def test_an_arc_rises_above_its_knee() -> None:
    """1 + q + 1 + 0.5 + 2 (q - 1) = 10 - q: q = 9.5 / 4; traders keep what rises."""
    q = 9.5 / 4
    route = arc(residual=0.5, knee=1.0, slope=2.0)
    outcome = market(curves=[supply()], demand=[demand()], arcs=[route])
    assert outcome.flow("m", "A", "B") == about(q)
    assert gain(outcome, "calibration_residual") == about(-0.5 * q)
    assert gain(outcome, "traders") == about(0.5 * q + 2 * (q - 1) * q - (q - 1) ** 2)


def test_the_bound_of_an_arc_earns_its_traders_a_rent() -> None:
    """q = 2: P_A = 3, P_B = 8, rent 8 - 3 - 1."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc(bound=2.0)])
    assert outcome.flows["rent"][0] == about(4)
    assert gain(outcome, "traders") == about(8)
    assert len(outcome.binding) == 1 and "4.00" in outcome.binding[0]


# --- facilities -----------------------------------------------------------------------------------

MINE = {"recipes": [makes("mine", "m")], "demand": [demand("A")]}


def test_a_full_mine_earns_a_scarcity_rent() -> None:
    """Capacity 3: price 10 - 3, rent 7 - 2."""
    outcome = market(**MINE, facilities=[plant("pit", "mine", 3.0, 2.0)])
    assert outcome.price("m", "A") == about(7)
    assert outcome.output["scarcity_rent"][0] == about(5)
    assert gain(outcome, "producers") == about(15)
    assert outcome.output["utilisation"][0] == about(1)
    assert [(part.item, part.amount) for part in outcome.decompose("m", "A")] == [
        ("cost", about(2)),
        ("scarcity_rent", about(5)),
    ]


def test_availability_and_status_make_the_capacity() -> None:
    """3 * 0.5 of the operating mine; planned, idle and unfinished mines give nothing."""
    off = [plant(s, "mine", 5.0, 1.0, status=s) for s in ("planned", "idle", "construction")]
    pit = plant("pit", "mine", 3.0, 2.0, availability=0.5, status="ramping")
    outcome = market(**MINE, facilities=[pit, *off])
    assert outcome.price("m", "A") == about(8.5)
    assert outcome.output["facility"].to_list() == ["pit"]


def test_a_cost_that_rises_above_the_knee() -> None:
    """2 + 0.5 - 0.2 + 3 (q - 1) = 10 - q: q = 10.7 / 4; the area above the knee is a cost."""
    q = 10.7 / 4
    tuned = {"residual": 0.5, "loss_carried": 0.2, "knee": 1.0, "slope": 3.0}
    outcome = market(
        **MINE,
        facilities=[plant("pit", "mine", 9.0, 2.0)],
        activities=[{"facility": "pit", "base": q, **tuned}],
    )
    assert outcome.output["activity"][0] == about(q)
    assert gain(outcome, "producers") == about((10 - q) * q - 2 * q - 1.5 * (q - 1) ** 2)
    assert gain(outcome, "calibration_residual") == about(-0.5 * q)
    assert gain(outcome, "losses_carried") == about(0.2 * q)


JOINT = [makes("mine", "m", 0.5), makes("mine", "n", 0.5)]


def joint(intercept: float, **material) -> dict:
    """Half m, half n from each kg of an activity that costs 3."""
    return {
        "recipes": JOINT,
        "facilities": [plant("pit", "mine", 99.0, 3.0)],
        "materials": [{"material": "m"}, {"material": "n", **material}],
        "demand": [demand("A"), {**demand("A", intercept), "material": "n"}],
    }


def test_joint_products_share_a_cost_by_what_users_pay() -> None:
    """0.5 (10 - x/2) + 0.5 (6 - x/2) = 3: x = 10, prices 5 and 1."""
    outcome = market(**joint(6.0))
    assert outcome.output["activity"][0] == about(10)
    assert (outcome.price("m", "A"), outcome.price("n", "A")) == (about(5), about(1))
    credit = [part.amount for part in outcome.decompose("m", "A") if part.item == "credit"]
    assert credit == [about(-1)]


def test_a_by_product_nobody_may_discard_has_a_negative_price() -> None:
    """0.5 (10 - x/2) + 0.5 (1 - x/2) = 3: x = 5, prices 7.5 and -1.5."""
    outcome = market(**joint(1.0))
    assert (outcome.price("m", "A"), outcome.price("n", "A")) == (about(7.5), about(-1.5))


def test_an_unfinished_by_product_is_discarded_at_its_cost() -> None:
    """P_n = -0.2, so P_m = 6.2, x = 7.6; of 3.8 kt of n users take 1.2 and 2.6 are discarded."""
    outcome = market(**joint(1.0, disposal_cost=0.2))
    assert outcome.price("n", "A") == about(-0.2)
    assert outcome.price("m", "A") == about(6.2)
    assert outcome.waste["quantity"].to_list() == [about(2.6)]
    assert gain(outcome, "disposal") == about(0)


def finished_apart(intercept: float) -> dict:
    """Half m, half raw n from each kg of an activity that costs 3; finishing a kg of n costs 1."""
    tables = joint(intercept)
    tables["recipes"] = [
        makes("mine", "m", 0.5),
        makes("mine", "raw", 0.5),
        makes("finishing", "raw", 1.0, "in"),
        makes("finishing", "n"),
    ]
    tables["facilities"] = [
        plant("pit", "mine", 99.0, 3.0),
        plant("works", "finishing", 99.0, 1.0),
    ]
    tables["materials"] = [
        {"material": "m"},
        {"material": "n"},
        {"material": "raw", "disposal_cost": 0.2},
    ]
    return tables


@pytest.mark.parametrize(
    ("intercept", "prices", "finished", "left"),
    [(4.0, (6.2, 0.8, -0.2), 3.2, 0.6), (12.0, (2.5, 4.5, 3.5), 7.5, 0.0)],
)
def test_a_by_product_is_finished_down_to_what_finishing_saves(intercept, prices, finished, left):
    """Plenty: raw n costs 0.2 to be rid of, so n costs 1 - 0.2 = 0.8, m 6.2; of 3.8 kt 3.2 are
    finished. Scarce: 0.5 (10 - x/2) + 0.5 (12 - x/2 - 1) = 3, x = 15 and all is finished.
    """
    outcome = market(**finished_apart(intercept))
    assert tuple(outcome.price(m, "A") for m in ("m", "n", "raw")) == tuple(map(about, prices))
    assert outcome.production.filter(material="n")["quantity"].sum() == about(finished)
    assert outcome.waste["quantity"].sum() == about(left)


def test_an_input_passes_its_price_on() -> None:
    """2 kg of ore at 1.5 and a cost of 4 make 1 kg: price 7, use 3, ore 6."""
    outcome = market(
        recipes=[makes("mine", "ore"), makes("plant", "ore", 2.0, "in"), makes("plant", "m")],
        facilities=[plant("pit", "mine", 99.0, 1.5), plant("works", "plant", 99.0, 4.0)],
        demand=[demand("A")],
        owners=[
            {"facility": "works", "owner": "X", "owner_country": "B", "share": 0.25},
            {"facility": "works", "owner": "Y", "owner_country": "A", "share": 0.75},
        ],
    )
    assert outcome.price("m", "A") == about(7)
    assert outcome.production.filter(material="ore")["quantity"][0] == about(6)
    assert outcome.inputs["quantity"].to_list() == [about(6)]
    bought = outcome.books().filter(item="inputs", country="B")["amount"].sum()
    assert bought == about(-0.25 * 9)
    parts = {(part.item, part.who): part.amount for part in outcome.decompose("m", "A")}
    assert parts == {("cost", "pit"): about(3), ("cost", "works"): about(4)}


def test_the_rent_of_a_limit_goes_to_its_holder() -> None:
    """Two mines share a limit of 3 with weights 1 and 0.5; only the light one runs: 6 kt at 4."""
    outcome = market(
        recipes=[makes("mine", "m")],
        facilities=[plant("heavy", "mine", 9.0, 2.0), plant("light", "mine", 9.0, 2.0)],
        demand=[demand("A")],
        limits=[{"limit": "quota", "kind": "quota", "holder": "B", "upper": 3.0}],
        limit_terms=[
            {"limit": "quota", "facility": "heavy", "coefficient": 1.0},
            {"limit": "quota", "facility": "light", "coefficient": 0.5},
        ],
        countries=[{"country": "A"}, {"country": "B"}],
    )
    assert dict(outcome.output.select("facility", "activity").iter_rows()) == {
        "heavy": about(0),
        "light": about(6),
    }
    assert outcome.limits["rent"][0] == about(4)
    assert outcome.limits["used"][0] == about(3)
    assert gain(outcome, "quota_holders", "B") == about(12)
    assert gain(outcome, "producers") == about(0)


def test_a_limit_on_flows_binds_all_destinations() -> None:
    """2 kt may leave A for B and C, which are alike: each gets 1 at 9, A sells at 3."""
    outcome = market(
        curves=[supply()],
        demand=[demand("B"), demand("C")],
        arcs=[arc(), arc("A", "C")],
        limits=[{"limit": "licence", "kind": "quota", "holder": "A", "upper": 2.0}],
        limit_terms=[
            {"limit": "licence", "material": "m", "origin": "A", "destination": d} for d in "BC"
        ],
    )
    assert outcome.price("m", "B") == about(9)
    assert outcome.price("m", "A") == about(3)
    assert outcome.limits["rent"][0] == about(5)
    assert gain(outcome, "quota_holders", "A") == about(10)


# --- demand ---------------------------------------------------------------------------------------


def step(block: int, price: float, quantity: float) -> dict:
    own = {"country": "A", "material": "m", "form": "step", "block": block}
    return {**own, "price": price, "quantity": quantity}


def test_steps_are_served_from_the_dearest_down() -> None:
    """20 + 10 q meets the second step, 50, at q = 3; then the first alone at 40."""
    curve = supply("A", 20.0, 10.0)
    outcome = market(curves=[curve], demand=[step(0, 100.0, 2.0), step(1, 50.0, 2.0)])
    assert outcome.price("m", "A") == about(50)
    assert outcome.use["quantity"].to_list() == [about(3)]
    assert gain(outcome, "users") == about(100)
    alone = market(curves=[curve], demand=[step(0, 100.0, 2.0), step(1, 39.0, 2.0)])
    assert alone.price("m", "A") == about(40)


@pytest.mark.parametrize(("reference", "price"), [(8.0, 8.0), (3.0, 6.0), (12.0, 10.0)])
def test_among_right_prices_the_one_nearest_the_reference(reference: float, price: float) -> None:
    """One bid at 10, one ask at 6 for one kt: any price between clears."""
    outcome = market(
        recipes=[makes("mine", "m")],
        facilities=[plant("pit", "mine", 1.0, 6.0)],
        demand=[step(0, 10.0, 1.0)],
        prices=[{"material": "m", "country": "A", "price": reference}],
    )
    assert outcome.price("m", "A") == pytest.approx(price, rel=1e-6)


def isoelastic(**more) -> dict:
    """p = 8 (q / 2)^-2 = 32 / q^2."""
    own = {"country": "A", "material": "m", "form": "isoelastic", "elasticity": -0.5}
    return {**own, "price": 8.0, "quantity": 2.0, **more}


def test_isoelastic_demand_meets_a_line() -> None:
    """32 / q^2 = q / 2: q = 4, p = 2. Choke 32 at q = 1: area 32 + 32 (1 - 1/4) = 56."""
    use = isoelastic(choke_price=32.0)
    outcome = market(curves=[supply("A", 0.0, 0.5)], demand=[use])
    assert outcome.price("m", "A") == about(2)
    assert outcome.use["quantity"][0] == about(4)
    assert gain(outcome, "users") == about(56 - 8)


def test_isoelastic_demand_ends_at_its_choke_price() -> None:
    """Supply starts at 40, above the choke price of 32; at 31.5 + q/2 it sells one kt at 32."""
    none = market(curves=[supply("A", 40.0, 1.0)], demand=[isoelastic(choke_price=32.0)])
    assert none.use["quantity"][0] == about(0)
    some = market(curves=[supply("A", 31.5, 0.5)], demand=[isoelastic(choke_price=32.0)])
    assert some.use["quantity"][0] == about(1)
    assert some.price("m", "A") == about(32)


@pytest.mark.parametrize("elasticity", [-0.1, -0.3, -1.0, -3.0])
@pytest.mark.parametrize("cost", [0.5, 30.0])
def test_isoelastic_demand_at_a_given_price(elasticity: float, cost: float) -> None:
    """q = 2 (cost / 8)^elasticity."""
    outcome = market(
        recipes=[makes("mine", "m")],
        facilities=[plant("pit", "mine", 1e4, cost)],
        demand=[isoelastic(elasticity=elasticity, choke_price=800.0)],
    )
    assert outcome.use["quantity"][0] == pytest.approx(2 * (cost / 8) ** elasticity, rel=1e-6)


def test_isoelastic_supply() -> None:
    """2 q^2 = 30 - 4 q: q = 3, p = 18; suppliers keep 54 - 2 * 27 / 3."""
    curve = {"country": "A", "material": "m", "price": 8.0, "quantity": 2.0, "elasticity": 0.5}
    outcome = market(curves=[curve], demand=[demand("A", 30.0, 4.0)])
    assert outcome.price("m", "A") == about(18)
    assert gain(outcome, "suppliers") == about(36)


def fixed(quantity: float) -> dict:
    own = {"country": "A", "material": "m", "sector": "alloys", "form": "fixed"}
    return {**own, "quantity": quantity}


def test_fixed_use_is_met_at_any_price() -> None:
    outcome = market(curves=[supply()], demand=[fixed(2.0)])
    assert outcome.price("m", "A") == about(3)
    assert outcome.unserved == []


def test_fixed_use_that_cannot_be_met_is_told_and_has_no_price() -> None:
    """Ore for 3 of 5 kt: 2 are unserved; neither metal nor ore has a price, electricity has."""
    outcome = market(
        recipes=[
            makes("mine", "ore"),
            makes("plant", "ore", 1.0, "in"),
            makes("plant", "power", 1.0, "in"),
            makes("plant", "m"),
        ],
        facilities=[plant("pit", "mine", 3.0, 1.0), plant("works", "plant", 9.0, 1.0)],
        curves=[{"country": "A", "material": "power", "intercept": 2.0, "slope": 1.0}],
        demand=[fixed(5.0)],
    )
    assert outcome.use["quantity"][0] == about(3)
    assert outcome.use["unserved"][0] == about(2)
    assert outcome.price("m", "A") is None
    assert outcome.price("ore", "A") is None
    assert outcome.price("power", "A") == about(5)
    assert outcome.unserved == [
        "balance[m,A,base]: 2 kt/yr of the fixed use by alloys cannot be met at any price."
    ]


def test_what_is_impossible_for_another_reason_is_refused() -> None:
    """A stock that must hold 5 kt at the end, with nothing to fill it."""
    stock = {"country": "A", "material": "m", "capacity": 9.0, "final_minimum": 5.0}
    case = Case.from_tables({"demand": [fixed(1.0)], "stocks": [stock]})
    with pytest.raises(InfeasibleError, match="must give 5 kt"):
        solve_market(case)


# --- places without a price -----------------------------------------------------------------------


def test_nobody_sells_nobody_buys_no_price() -> None:
    """C wants m and nothing goes there; D could sell and nobody is reached; both have no price."""
    outcome = market(
        curves=[supply(), supply("D")],
        demand=[demand(), demand("C")],
        arcs=[arc(), arc("C", "B"), arc("B", "D")],
    )
    assert outcome.price("m", "C") is None
    assert outcome.price("m", "D") is None
    assert outcome.price("m", "A") == about(5)
    assert outcome.use.filter(country="C")["quantity"][0] == 0
    with pytest.raises(KeyError, match="XYZ"):
        outcome.price("m", "XYZ")


# --- time -----------------------------------------------------------------------------------------


def years(*lengths: int) -> list[dict]:
    starts = [2025 + sum(lengths[:k]) for k in range(len(lengths))]
    return [
        {"period": f"p{k}", "start": f"{start}-01-01", "years": length}
        for k, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]


def stored(discount: float, loss: float, carrying: float, length: int = 1, **more):
    """Supply 1 + q in the first period only; the same demand in both; a stock between."""
    stock = {"country": "A", "material": "m", "capacity": 99.0, "carrying_cost": carrying}
    return market(
        discount=discount,
        periods=years(length, length),
        curves=[supply(period="p0")],
        demand=[demand("A")],
        stocks=[{**stock, "loss": loss, **more}],
    )


@pytest.mark.parametrize(
    ("rate", "loss", "carrying", "length"),
    [(0.0, 0.0, 0.0, 1), (0.1, 0.0, 0.5, 1), (0.1, 0.05, 0.5, 1), (0.05, 0.02, 0.1, 5)],
)
def test_a_stock_carries_until_its_cost_is_earned(
    rate: float, loss: float, carrying: float, length: int
) -> None:
    """P1 + length * carrying = k P2 / (1 + rate)^length, k = (1 - loss)^length.

    Supply P1 - 1 = (10 - P1) + s, use in the second period 10 - P2 = k s.
    """
    kept, factor = (1 - loss) ** length, (1 + rate) ** length
    slope = factor / kept
    # P2 = slope (P1 + length carrying); 2 P1 - 11 = s = (10 - P2) / kept
    p1 = (11 + (10 - slope * length * carrying) / kept) / (2 + slope / kept)
    p2 = slope * (p1 + length * carrying)
    outcome = stored(rate, loss, carrying, length)
    assert outcome.price("m", "A", "p0") == about(p1)
    assert outcome.price("m", "A", "p1") == about(p2)
    assert outcome.stocks["stock_in"][0] == about(2 * p1 - 11)
    assert outcome.stocks["level"][0] == about(length * (2 * p1 - 11))
    assert outcome.stocks["value"][0] == about(p1)


def test_a_slow_stock_earns_a_rent() -> None:
    """No more than 2 kt/yr out: use 2 at 8 in the second period; supply P1 - 1 = 10 - P1 + 2."""
    outcome = stored(0.0, 0.0, 0.0, rate=2.0)
    assert outcome.price("m", "A", "p1") == about(8)
    assert outcome.price("m", "A", "p0") == about(6.5)
    assert gain(outcome, "stock_holders") == about(3)


def test_what_is_left_in_a_stock_has_its_final_value() -> None:
    """One period, final value 6: supply 1 + q = 6, users take 4, one kt is stored."""
    stock = {"country": "A", "material": "m", "capacity": 9.0, "final_value": 6.0}
    outcome = market(curves=[supply()], demand=[demand("A")], stocks=[stock])
    assert outcome.price("m", "A") == about(6)
    assert outcome.stocks["level"][0] == about(1)
    assert gain(outcome, "stock_holders") == about(0)


def test_prices_are_undiscounted_and_weights_do_not_move_them() -> None:
    """Periods without a link are markets of their own, whatever their length and the rate."""
    tables = {"curves": [supply()], "demand": [demand()], "arcs": [arc()]}
    outcome = market(discount=0.08, periods=years(1, 4, 10), **tables)
    assert outcome.prices.filter(country="A")["price"].to_list() == [about(5)] * 3
    value = 16 * (1 + 4 * 1.08**-2.5 + 10 * 1.08**-9.5)
    assert outcome.objective == about(value)


def test_a_row_of_one_period_stands_for_it_alone() -> None:
    outcome = market(
        periods=years(1, 1),
        curves=[supply(), supply(intercept=3.0, period="p1")],
        demand=[demand()],
        arcs=[arc()],
    )
    assert outcome.flow("m", "A", "B", "p0") == about(4)
    assert outcome.flow("m", "A", "B", "p1") == about(3)


def test_a_facility_runs_in_the_years_it_stands() -> None:
    """First year 2027: one of the two years of the second period, so half its capacity."""
    outcome = market(
        recipes=[makes("mine", "m")],
        periods=years(1, 2),
        facilities=[
            plant("old", "mine", 1.0, 2.0, last_year=2025),
            plant("new", "mine", 3.0, 2.0, first_year=2027),
        ],
        demand=[demand("A")],
    )
    assert outcome.price("m", "A", "p0") == about(9)
    assert outcome.price("m", "A", "p1") == about(8.5)


def test_the_helper_would_see_books_that_do_not_close() -> None:
    """The guard of every case above fails when a cost is booked that the program has not."""
    outcome = market(curves=[supply()], demand=[demand()], arcs=[arc()])
    outcome.market.arcs.freight[0] += 0.1
    outcome.__dict__.pop("ledger")
    with pytest.raises(AssertionError):
        proved(outcome)
