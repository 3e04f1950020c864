"""Properties of supports and budgets on random chains: nothing from nothing, more never hurts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import monazite as mz
from monazite.model import aside
from monazite.study.projects import projects
from tests.model.test_aside import random_case

from .plants import A10, PLAIN, built, built_under, paid

KINDS: dict[str, dict[str, Any]] = {
    "grant": {},
    "equity": {"required_return": 0.04},
    "loan": {"rate": 0.03, "tenor": 12, "grace": 2},
    "guarantee": {"market_rate": 0.09, "rate": 0.03, "tenor": 10},
    "prepayment": {"tenor": 8, "grace": 1, "discount": 0.05},
}


def supports(seed: int, budget: str = "") -> list[dict[str, Any]]:
    """Three supports of random kinds, sizes, projects and payers."""
    rng = np.random.default_rng(seed)
    found = []
    for k in range(3):
        kind = str(rng.choice(list(KINDS)))
        names = rng.choice([f"new_{n}" for n in range(12)], 5, replace=False).tolist()
        rule = {"kind": kind, "name": f"s{k}", "projects": names, "share": rng.uniform(0.1, 0.5)}
        payer = {"payer": str(rng.choice(["A", "B"])), "budget": budget}
        found.append({**rule, **KINDS[kind], **payer, "end": int(rng.integers(2026, 2032))})
    return found


def solved(seed: int, *rules: dict[str, Any], discount: float = 0.04) -> Any:
    asked = {"name": "r", "instruments": list(rules), "options": {"discount": discount}}
    return mz.run(mz.Scenario.checked(asked), case=random_case(seed))


def inside(outcome: Any) -> float:
    """What the program sees: gains of all, receipts of treasuries from within it left out."""
    return float(outcome.ledger.welfare - outcome.ledger.received)


@pytest.mark.parametrize("seed", range(6))
def test_a_support_makes_no_value_out_of_nothing(seed: int) -> None:
    """Without other distortions the world loses the triangle; the books close; insiders gain."""
    free, helped = solved(seed), solved(seed, *supports(seed))
    assert helped.ledger.residual < 1e-9
    assert helped.ledger.welfare <= free.ledger.welfare + 1e-6
    assert inside(helped) >= inside(free) - 1e-6
    assert built(helped) > 0


@pytest.mark.parametrize("seed", range(6))
def test_more_budget_never_hurts(seed: int) -> None:
    """None is no support, plenty no budget, and in between each dollar is worth less."""
    rules = supports(seed, "purse")
    purse = {"kind": "budget", "name": "purse", "counts": "outlay" if seed % 2 else "cost"}
    steps = [solved(seed, *rules, {**purse, "envelope": m}) for m in (0.0, 1.0, 4.0, 16.0, 1e4)]
    worth = np.array([inside(each) for each in steps])
    assert (np.diff(worth) > -1e-6).all()
    values = [each.budgets["value"][0] for each in steps[1:]]
    assert (np.diff(values) < 1e-4).all() and values[-1] == pytest.approx(0, abs=1e-4)
    for each, money in zip(steps[1:], (1.0, 4.0, 16.0, 1e4), strict=True):
        assert each.budgets["spent"][0] <= money * (1 + 1e-6)
        assert each.ledger.residual < 1e-9
    free = [solved(seed, *[{**rule, "budget": ""} for rule in rules]), solved(seed)]
    assert worth[-1] == pytest.approx(inside(free[0]), abs=1e-4)
    unlimited = [r["kind"] == "guarantee" for r in rules]
    if purse["counts"] == "cost" or not any(unlimited):
        costless = worth[0] - inside(free[1])
        assert costless >= -1e-6
        if purse["counts"] == "outlay":
            assert costless == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_what_stays_aside_would_not_pay_with_support(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Builds left aside are priced with their support: the answer is that of the whole program."""
    rules = [*supports(seed, "purse"), {"kind": "budget", "name": "purse", "envelope": 3.0}]
    answers = []
    for few in (10_000, 0):
        monkeypatch.setattr(aside, "FEW", few)
        monkeypatch.setattr(aside, "WHOLE", few)
        answers.append([solved(seed, *rules), solved(seed, *supports(seed))])
    for whole, part in zip(*answers, strict=True):
        assert part.certificate.ok
        assert inside(part) == pytest.approx(inside(whole), rel=1e-8, abs=1e-6)
        assert part.capacity == pytest.approx(whole.capacity, abs=1e-4)


def test_discounting_changes_no_annual_value() -> None:
    """A support is worth the same a year whatever the world's discount rate: so is building."""
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
    for rate in (0.0, 0.05, 0.2):
        outcome = built_under(grant, discount=rate)
        assert built(outcome) == pytest.approx(4 - 15 * A10, abs=1e-5)
        assert outcome.ledger.residual < 1e-9


@pytest.mark.parametrize("purse", [(), ({"kind": "budget", "name": "purse", "envelope": 1e3},)])
def test_a_support_is_paid_as_long_as_the_plant_stands(purse: tuple) -> None:
    """A life of three years in periods of two: half of the second period, and the plant renewed."""
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
    grant |= {"budget": "purse" if purse else ""}
    sure = {"status": "committed", "size": 1.0, "life": 3.0}
    outcome = built_under(grant, *purse, grid=[2026, 2028, 2030], **sure)
    a3 = 0.1 / (1 - 1.1**-3)
    rows = outcome.books().filter(account="treasury")
    sums = [-rows.filter(period=year)["amount"].sum() for year in ("2026", "2028", "2030")]
    assert sums == pytest.approx([5 * a3, 2.5 * a3, 0])
    assert outcome.ledger.residual < 1e-9


def test_what_falls_in_cost_is_supported_less() -> None:
    """Capital falls by half a year: a committed plant of 2027 gets a quarter of 10."""
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
    sure = {"status": "committed", "size": 1.0, "earliest": 2027, "decline": 0.5}
    outcome = built_under(grant, **sure)
    treasury = outcome.books().filter(account="treasury", period="2027")["amount"].sum()
    assert treasury == pytest.approx(-2.5 * A10)
    assert paid(outcome) == 0
    assert projects(outcome)["support"][0] == pytest.approx(2.5)


@pytest.mark.parametrize("foresight", ["perfect", "myopic", "static"])
def test_supports_under_any_foresight(foresight: str) -> None:
    """Nobody who sees nothing builds; a support of what is left out is no error."""
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.25, **PLAIN}
    purse = {"kind": "budget", "name": "purse", "envelope": 5.0}
    outcome = built_under({**grant, "budget": "purse"}, purse, foresight=foresight, window=2)
    assert outcome.ledger.residual < 1e-9
    assert built(outcome) == pytest.approx(0.0 if foresight == "static" else 1.0, abs=1e-5)
