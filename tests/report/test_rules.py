"""Does the report tell what each rule did, who paid whom, how far money went, and the change?"""

from __future__ import annotations

import re
from typing import Any

import pytest

import monazite as mz
from monazite.data import Case
from monazite.report.sections import rules
from monazite.report.view import view_of
from monazite.study.beside import before

# a mine in A with marginal cost 1 + x; users in B pay 10 - q; freight 1: 5 in A, 6 in B
CASE: dict[str, Any] = {
    "recipes": [
        {"technology": "dig", "mode": "m", "material": "m", "direction": "out", "quantity": 1}
    ],
    "facilities": [
        {"facility": "pit", "technology": "dig", "country": "A", "stage": "mining"}
        | {"capacity": 100.0, "cost": 1.0}
    ],
    "activities": [{"facility": "pit", "mode": "m", "base": 4.0, "knee": 0.0, "slope": 1.0}],
    "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
    "arcs": [{"material": "m", "origin": "A", "destination": "B", "freight": 1.0}],
}
CONTRACT = {
    "kind": "contract_for_difference",
    "name": "top_up",
    "material": "m",
    "countries": ["A"],
    "reference": "A",
    "strike": 7.0,
    "payer": "A",
    "money": 10.0,
}
IDLE = {"kind": "tariff", "name": "sleeper", "importers": ["A"], "specific": 1.0}
OFF = {"kind": "tariff", "name": "later", "importers": ["B"], "rate": 1.0, "status": "suspended"}


def told(lang: str, *instruments: dict[str, Any]) -> str:
    case = Case.from_tables(CASE, "hand")
    scenario = mz.Scenario.checked({"name": "mine", "instruments": list(instruments)})
    view = view_of(mz.run(scenario, case=case), lang, against=before(scenario, case=case))
    return re.sub(r"<[^>]+>", "|", rules.build(view))


@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        (
            "en",
            [
                "|Treasury (A) → Producers (A): 10|",
                "top up, period 0: money covers 2,500 t of 6,000 t.",
                "no: the answer is the same without it",
                "suspended: it does nothing",
                "Against “No new rule”",
            ],
        ),
        (
            "zh",
            ["财政（A） → 生产者（A）：10", "资金可覆盖", "否：去掉它结果不变", "暂停：不起作用"],
        ),
    ],
)
def test_rules_payments_and_coverage(lang: str, sentences: list[str]) -> None:
    """A strike of 7 with money for 10: 4 in B, 3 in A, 10 paid of 24, on 2.5 kt of 6."""
    html = told(lang, CONTRACT, IDLE, OFF)
    html = re.sub(r"period \w+", "period 0", html)
    assert [sentence for sentence in sentences if sentence not in html] == []


def test_the_change_from_the_base_year_by_hand() -> None:
    """Users 8 to 18, the mine 8 to 4, A's treasury pays 10: 4 less for all."""
    html = re.sub(r"\|+", "|", told("en", CONTRACT))
    assert "|m, outside|6.00|4.00|" in html
    assert "|Users, others|–|+10|" in html or "|Users, other countries|–|+10|" in html
    assert "|Mines, members|–|−4.0|" in html
    assert "|Treasury, A|–|−10|" in html
    assert "|All together, the world|–|−4.0|" in html


def test_without_rules_the_section_says_so() -> None:
    assert before("today", case=Case.from_tables(CASE, "hand")) is None
    assert "No rule is put on the market" in told("en")
