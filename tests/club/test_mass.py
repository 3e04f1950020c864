"""Do the books of lots catch what is used twice, and only that?"""

from __future__ import annotations

from collections import deque
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monazite.club.lots import Assay, Lot, Parent, Register, Sale
from monazite.club.mass import EVER, balances, breaches, holdings, periods_of

DAY = date(2026, 1, 1)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def lot(id: str, kg: int, *parents: tuple[str, int], on: int = 0, **more: Any) -> Lot:
    return Lot(
        **{
            "id": id,
            "material": "ndpr_oxide",
            "grade": "99.5%",
            "net_kg": kg,
            "made": day(on),
            "holder": "M",
            "site": "S",
            "operator": "Op",
            "operator_country": "AUS",
            "custody": "segregated",
            "parents": tuple(Parent(*one) for one in parents),
        }
        | more
    )


def sale(id: str, lot: str, kg: int, receipt: str, on: int, **more: str) -> Sale:
    return Sale(
        id, lot, kg, more.pop("seller", "M"), more.pop("buyer", "B"), day(on), receipt, **more
    )


def kinds(*lots: Lot, sales: tuple[Sale, ...] = ()) -> list[str]:
    return [one.kind for one in breaches(Register(lots, sales))]


# --- title ----------------------------------------------------------------------------------------


def test_a_lot_may_be_used_up_to_the_last_kilogram() -> None:
    assert (
        kinds(lot("A", 1000), lot("B", 400, ("A", 600), on=1), lot("C", 1, ("A", 400), on=2)) == []
    )


def test_one_kilogram_more_is_caught_with_its_amount_day_and_users() -> None:
    register = Register(
        (lot("A", 1000), lot("B", 400, ("A", 600), on=1), lot("C", 1, ("A", 401), on=2))
    )
    (found,) = breaches(register)
    assert (found.kind, found.lots, found.kg) == ("overdrawn", ("A",), Fraction(1))
    assert found.values["on"] == "2026-01-03" and found.values["causes"] == "B, C"
    assert "1 kg" in found.told("en") and "1 千克" in found.told("zh")


def test_what_is_sold_cannot_also_be_used_by_the_seller() -> None:
    sold = (sale("s1", "A", 700, "R", 1),)
    assert kinds(lot("A", 1000, receipt="R"), lot("B", 9, ("A", 300), on=2), sales=sold) == []
    assert kinds(lot("A", 1000, receipt="R"), lot("B", 9, ("A", 301), on=2), sales=sold) == [
        "overdrawn"
    ]


def test_the_buyer_may_use_what_it_bought_but_not_before() -> None:
    sold = (sale("s1", "A", 700, "R", 2),)
    used = lot("B", 9, ("A", 700), on=3, holder="B")
    assert kinds(lot("A", 1000, receipt="R"), used, sales=sold) == []
    early = lot("B", 9, ("A", 700), on=1, holder="B")
    (found,) = breaches(Register((lot("A", 1000, receipt="R"), early), sold))
    assert (found.kind, found.kg, found.values["on"]) == ("overdrawn", 700, "2026-01-02")


def test_holdings_are_what_each_holder_has_left() -> None:
    register = Register(
        (lot("A", 1000, receipt="R"), lot("B", 9, ("A", 200), on=2)), (sale("s", "A", 700, "R", 1),)
    )
    assert holdings(register) == {("A", "M"): 100, ("A", "B"): 700, ("B", "M"): 9}
    assert holdings(register, day(0)) == {("A", "M"): 1000}


def test_a_mass_balance_credit_is_given_once() -> None:
    """100 t certified and 100 t other go in; 200 t come out; only 100 t may carry the claim."""
    free, other = lot("free", 100_000), lot("other", 100_000)
    half = {"custody": "mass_balance", "on": 5}
    honest = (
        lot("o1", 100_000, ("free", 100_000), **half),
        lot("o2", 100_000, ("other", 100_000), **half),
    )
    double = (
        lot("o1", 100_000, ("free", 100_000), **half),
        lot("o2", 100_000, ("free", 100_000), **half),
    )
    assert kinds(free, other, *honest) == []
    (found,) = breaches(Register((free, other, *double)))
    assert (found.kind, found.kg) == ("overdrawn", 100_000)


# --- receipts -------------------------------------------------------------------------------------


def test_one_receipt_one_sale() -> None:
    a = lot("A", 1000, receipt="R1")
    first = sale("s1", "A", 400, "R1", 1, issued="R2", rest="R3")
    assert kinds(a, sales=(first, sale("s2", "A", 600, "R3", 2, buyer="C"))) == []
    assert kinds(a, sales=(first, sale("s2", "A", 600, "R1", 2, buyer="C"))) == [
        "receipt_sold_twice"
    ]
    assert kinds(a, sales=(first, sale("s2", "A", 600, "R9", 2))) == ["receipt_unknown"]
    too_much = sale("s2", "A", 601, "R3", 2)
    assert kinds(a, sales=(first, too_much)) == ["receipt_too_small", "overdrawn"]


def test_a_receipt_stands_for_one_lot_and_one_holder() -> None:
    a, b = lot("A", 1000, receipt="R1"), lot("B", 1000, receipt="R2")
    assert kinds(a, b, sales=(sale("s", "A", 10, "R2", 1),)) == ["receipt_of_another"]
    stranger = sale("s", "A", 10, "R1", 1, seller="X")
    assert kinds(a, sales=(stranger,)) == ["receipt_of_another", "overdrawn"]
    assert kinds(a, lot("C", 5, receipt="R1")) == ["receipt_twice"]


def test_a_pledged_receipt_is_not_sold() -> None:
    a = lot("A", 1000, receipt="R1", lien="pledged")
    assert kinds(a, sales=(sale("s", "A", 10, "R1", 1),)) == ["receipt_pledged"]


# --- genealogy ------------------------------------------------------------------------------------


def test_a_lot_is_registered_once_and_made_after_its_parents() -> None:
    assert kinds(lot("A", 5), lot("A", 7)) == ["lot_twice"]
    assert kinds(lot("A", 5, on=3), lot("B", 5, ("A", 5), on=2)) == ["before_parent", "overdrawn"]


def test_a_circle_is_told_and_what_does_not_hang_on_it_is_ordered() -> None:
    register = Register(
        (lot("A", 5, ("B", 1)), lot("B", 5, ("A", 1)), lot("C", 5), lot("D", 5, ("C", 5)))
    )
    assert [one.kind for one in breaches(register)] == ["circle"]
    assert register.circular == {"A", "B"} and register.order == ("C", "D")


def test_ancestry_is_nearest_first_and_names_each_lot_once() -> None:
    lots = (
        lot("A", 9),
        lot("B", 4, ("A", 4)),
        lot("C", 4, ("A", 4)),
        lot("D", 8, ("B", 4), ("C", 4)),
    )
    assert [one.id for one in Register(lots).ancestry("D")] == ["D", "B", "C", "A"]


# --- metal ----------------------------------------------------------------------------------------


def with_nd(id: str, kg: int, ppm: int, spread: int, *parents: tuple[str, int], on: int = 0) -> Lot:
    return lot(id, kg, *parents, on=on, assays=(Assay("Nd", ppm, spread),))


@pytest.mark.parametrize(("ppm", "gap"), [(610_000, 0), (610_001, Fraction(100, 1_000_000))])
def test_metal_out_is_at_most_metal_in_within_the_assays(ppm: int, gap: Fraction) -> None:
    """100 kg at 60 % ± 0.5 % hold at most 60.5 kg, and as many at `ppm` at least 0.5 % less."""
    register = Register(
        (with_nd("A", 100, 600_000, 5_000), with_nd("B", 100, ppm, 5_000, ("A", 100)))
    )
    (account,) = balances(register, *EVER)
    assert (account.taken, account.made) == (60, Fraction(ppm, 10_000))
    assert account.gap == gap and account.loss == 60 - Fraction(ppm, 10_000)
    assert [one.kg for one in breaches(register)] == ([gap] if gap else [])


def test_joint_products_balance_at_the_site_though_not_each_by_itself() -> None:
    """1,000 kg of concentrate with 15 % Nd and 1 % Dy, taken in halves for two products."""
    ore = lot("A", 1000, assays=(Assay("Nd", 150_000), Assay("Dy", 10_000)))
    light = lot("B", 150, ("A", 500), on=1, assays=(Assay("Nd", 1_000_000),))
    heavy = lot("C", 10, ("A", 500), on=2, assays=(Assay("Dy", 1_000_000),))
    assert breaches(Register((ore, light, heavy))) == []
    more = lot("C", 11, ("A", 500), on=2, assays=(Assay("Dy", 1_000_000),))
    (found,) = breaches(Register((ore, light, more)))
    assert (found.kind, found.kg, found.values["element"]) == ("metal_from_nothing", 1, "Dy")


def test_periods_balance_one_by_one() -> None:
    """Twice the metal in January is not made good by half of it in April."""
    ore = with_nd("A", 200, 500_000, 0)
    january = with_nd("B", 99, 1_000_000, 0, ("A", 100), on=5)
    april = with_nd("C", 1, 10_000, 0, ("A", 100), on=95)
    register = Register((ore, january, april))
    assert breaches(register) == []
    quarters = [(date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30))]
    (found,) = breaches(register, quarters)
    assert found.kg == 49 and found.lots == ("B",) and "2026-03-31" in found.told("en")


def test_periods_are_those_of_the_calendar_in_which_lots_were_made() -> None:
    register = Register((lot("A", 5), lot("B", 5, on=59), lot("C", 5, on=400)))  # 1 March; February
    assert periods_of(register, "ever") == [EVER]
    assert periods_of(register, "year") == [
        (date(2026, 1, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 12, 31)),
    ]
    assert periods_of(register, "quarter")[-1] == (date(2027, 1, 1), date(2027, 3, 31))
    assert [last.day for _, last in periods_of(register, "month")] == [31, 31, 28]


# --- long and random genealogies ------------------------------------------------------------------


@pytest.mark.parametrize("where", [1, 750, 1499])
def test_one_kilogram_too_many_is_caught_in_a_chain_of_1500_lots(where: int) -> None:
    chain = [lot("0", 2000)] + [lot(str(n), 2000, (str(n - 1), 2000), on=n) for n in range(1, 1500)]
    assert breaches(Register(tuple(chain))) == []
    extra = lot("extra", 1, (str(where - 1), 1), on=1600)
    (found,) = breaches(Register((*chain, extra)))
    assert (found.kind, found.lots, found.kg) == ("overdrawn", (str(where - 1),), 1)


HOLDERS = ("M", "B", "C")


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """Lots made one a day of earlier ones, and sales between three holders on the days between."""
    lots: list[Lot] = []
    sales: list[Sale] = []
    for number in range(draw(st.integers(1, 7))):
        earlier = [one.id for one in lots]
        taken = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        parents = [(one, draw(st.integers(1, 6))) for one in taken]
        kg = draw(st.integers(1, 8))
        holder = draw(st.sampled_from(HOLDERS))
        lots.append(lot(f"L{number}", kg, *parents, on=2 * number, holder=holder))
        if draw(st.booleans()):
            of = draw(st.sampled_from([one.id for one in lots]))
            seller, buyer = draw(st.permutations(HOLDERS))[:2]
            sold = draw(st.integers(1, 6))
            sales.append(
                sale(f"s{number}", of, sold, "", 2 * number + 1, seller=seller, buyer=buyer)
            )
    return Register(tuple(draw(st.permutations(lots))), tuple(sales))


def every_kilogram_is_there(register: Register) -> bool:
    """The same asked kilogram by kilogram: hand out marked ones, fail when none is left."""
    heaps: dict[tuple[str, str], deque[str]] = {}
    acts = [(one.made, "make", one) for one in register.lots]
    acts += [(one.on, "sell", one) for one in register.sales]  # type: ignore[list-item]
    for _, act, one in sorted(acts, key=lambda each: each[0]):
        if act == "make":
            for parent in one.parents:
                heap = heaps.get((parent.lot, one.holder), deque())
                if len(heap) < parent.kg:
                    return False
                for _ in range(parent.kg):
                    heap.popleft()
            heaps[one.id, one.holder] = deque(f"{one.id}.{n}" for n in range(one.net_kg))
        else:
            heap = heaps.get((one.lot, one.seller), deque())  # type: ignore[attr-defined]
            if len(heap) < one.kg:  # type: ignore[attr-defined]
                return False
            bought = heaps.setdefault((one.lot, one.buyer), deque())  # type: ignore[attr-defined]
            bought.extend(heap.popleft() for _ in range(one.kg))  # type: ignore[attr-defined]
    return True


@settings(max_examples=400, deadline=None)
@given(registers())
def test_conservation_holds_if_and_only_if_nothing_is_overdrawn(register: Register) -> None:
    overdrawn = [one for one in breaches(register) if one.kind == "overdrawn"]
    assert (not overdrawn) == every_kilogram_is_there(register)


@settings(max_examples=200, deadline=None)
@given(registers(), st.randoms(use_true_random=False))
def test_the_order_of_the_register_does_not_matter(register: Register, dice: Any) -> None:
    lots, sales = list(register.lots), list(register.sales)
    dice.shuffle(lots)
    dice.shuffle(sales)
    told = {one.told("en") for one in breaches(register) if one.kind == "overdrawn"}
    again = breaches(Register(tuple(lots), tuple(sales)))
    assert {one.told("en") for one in again if one.kind == "overdrawn"} == told


@settings(max_examples=200, deadline=None)
@given(registers())
def test_title_is_conserved(register: Register) -> None:
    """What was made less what was used is what somebody holds, lot by lot."""
    held = holdings(register)
    for one in register.lots:
        used = sum(p.kg for each in register.lots for p in each.parents if p.lot == one.id)
        assert sum(kg for (id, _), kg in held.items() if id == one.id) == one.net_kg - used
