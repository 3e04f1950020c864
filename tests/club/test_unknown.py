"""Can anybody gain by saying less? On random chains, no fact taken away betters a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from monazite.club.content import Evidence, rules, verdicts
from monazite.club.lots import MODELS, Assay, Claim, Lot, Owner, Parent, Register, Step

DAYS = (date(2026, 11, 22), date(2027, 1, 1))
WEAKER = {"met": 1, "not_applicable": 1, "not_met": 0}
COUNTRIES = st.sampled_from(["AUS", "JPN", "CHN"])
KG = (1000, 400, 160, 60)  # a lot of each stage; half of one is enough for one of the next
CHAIN = (
    ("ore_monazite", ("mining",)),
    ("dy_oxide", ("separation",)),
    ("dy_metal", ("reduction",)),
    ("magnet_high_coercivity", ("alloying", "powder", "pressing", "sintering", "magnetising")),
)


@st.composite
def owners(draw: st.DrawFn, deep: bool = True) -> tuple[Owner, ...]:
    share = draw(st.sampled_from([100_000, 249_999, 250_000, 600_000]))
    above = draw(owners(deep=False)) if deep and draw(st.booleans()) else ()
    first = Owner("First", draw(COUNTRIES), share, owners=above)
    return first, Owner("Rest", "AUS", 1_000_000 - share)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """Two lots of each stage, made of one or both of the stage before; all known, books hold."""
    lots: list[Lot] = []
    before: list[Lot] = []
    for stage, (material, steps) in enumerate(CHAIN):
        made = []
        for name in "AB"[: 1 if stage == len(CHAIN) - 1 else 2]:
            parents = before if draw(st.booleans()) else before[:1]
            taken = tuple(
                Parent(one.id, draw(st.integers(KG[stage], KG[stage - 1] // 2))) for one in parents
            )
            where, source = draw(COUNTRIES), draw(COUNTRIES)
            assays = (Assay("Dy", 1_000), Assay("Nd", 50_000))
            made.append(
                Lot(
                    id=f"{stage}{name}",
                    material=material,
                    grade="",
                    net_kg=KG[stage],
                    made=date(2026, 1, 1 + stage),
                    holder="M",
                    site=f"site {stage}{name}",
                    operator="Op",
                    operator_country=draw(COUNTRIES),
                    custody=draw(st.sampled_from(MODELS[1:4])),
                    parents=taken,
                    assays=assays,
                    owners=draw(owners()),
                    steps=tuple(Step(step, where, source) for step in steps),
                    value_uusd_per_kg=draw(st.integers(1, 10**6)),
                    claims=(Claim("origin", "certified", "auditor"),),
                )
            )
        lots += made
        before = made
    return Register(tuple(lots))


def with_less(lot: Lot) -> Iterator[Lot]:
    """The lot with one fact taken away, in every way there is."""
    yield replace(lot, operator_country=None)
    yield replace(lot, owners=lot.owners[1:])
    yield replace(lot, owners=lot.owners[:1])
    yield replace(lot, owners=(replace(lot.owners[0], country=None), *lot.owners[1:]))
    yield replace(lot, owners=(replace(lot.owners[0], share_ppm=None), *lot.owners[1:]))
    yield replace(
        lot, owners=(replace(lot.owners[0], owners=lot.owners[0].owners[:1]), lot.owners[1])
    )
    yield replace(lot, steps=lot.steps[1:])
    yield replace(lot, steps=lot.steps[:-1])
    yield replace(lot, steps=(replace(lot.steps[0], country=None), *lot.steps[1:]))
    yield replace(lot, steps=(replace(lot.steps[0], technology=None), *lot.steps[1:]))
    yield replace(lot, claims=())
    yield replace(lot, custody="book_and_claim")
    yield replace(lot, value_uusd_per_kg=None)
    for k in range(len(lot.assays)):
        yield replace(lot, assays=lot.assays[:k] + lot.assays[k + 1 :])


def states(register: Register, lot: str, on: date) -> dict[str, str]:
    found = verdicts(Evidence(register), lot, rules(), on).all
    return {one.rule: one.state for one in found if one.rule != "custody"}


@settings(max_examples=80, deadline=None)
@given(registers(), st.integers(0, 6), st.sampled_from(DAYS))
def test_a_fact_taken_away_never_betters_a_verdict(register: Register, k: int, on: date) -> None:
    last = register.lots[-1].id
    before = states(register, last, on)
    for less in with_less(register.lots[k]):
        changed = Register((*register.lots[:k], less, *register.lots[k + 1 :]))
        for rule, state in states(changed, last, on).items():
            assert WEAKER[state] <= WEAKER[before[rule]], (rule, less)


@settings(max_examples=60, deadline=None)
@given(registers(), st.sampled_from(DAYS))
def test_a_lot_taken_out_of_the_register_never_betters_a_verdict(
    register: Register, on: date
) -> None:
    last = register.lots[-1].id
    before = states(register, last, on)
    for k in range(len(register.lots) - 1):
        fewer = Register((*register.lots[:k], *register.lots[k + 1 :]))
        for rule, state in states(fewer, last, on).items():
            assert WEAKER[state] <= WEAKER[before[rule]], (rule, register.lots[k].id)
