"""Who pays for each support, how much, and what it changes: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monazite.study.support_accounts import idle_supports, support_accounts
from monazite.study.supports import bare_of
from tests.policy.plants import A10, F10, PLAIN, built_under

FREE = {"kind": "loan", "name": "loan", "projects": ["new"], "share": 0.5, **PLAIN}
FREE |= {"rate": 0.0, "tenor": 10, "default_rate": 0.02, "loss_given_default": 0.5}
GRANT = {"kind": "grant", "name": "gift", "projects": ["new"], "share": 0.25, **PLAIN}
SURE = {"status": "committed", "size": 1.0}


def told(*rules: dict[str, Any], **how: Any) -> dict[str, dict[str, Any]]:
    outcome = built_under(*rules, **how)
    assert bare_of(outcome.scenario).instruments == ()
    rows = support_accounts(outcome, built_under(**how))
    return {row["rule"]: row for row in rows.iter_rows(named=True)}


def test_what_a_loan_costs_in_all_and_by_line() -> None:
    """10 on a plant of 20 that comes anyhow: 10 A10 - 1 a year, three years, no discount."""
    row = told(FREE, **SURE)["loan"]
    assert (row["account"], row["country"], row["facility"]) == ("treasury", "A", "new")
    assert row["principal"] == pytest.approx(10)
    assert row["plain"] == pytest.approx(3 * (10 * A10 - 1)) == pytest.approx(row["discounted"])
    lost = sum(0.98**k * 0.02 * 0.5 * (10 - k) / 1.05 ** (k + 1) for k in range(10))
    assert row["grant_equivalent"] == pytest.approx(3 * (10 * F10 - 1))
    assert row["expected_loss"] == pytest.approx(3 * lost * F10)
    lines = ("grant_equivalent", "expected_loss", "unpaid_risk")
    assert sum(row[line] for line in lines) == pytest.approx(row["discounted"])


def test_present_value_is_at_the_rate_of_the_outcome() -> None:
    row = told(GRANT, discount=0.05, **SURE)["gift"]
    assert row["plain"] == pytest.approx(3 * 5 * A10)
    weight = built_under(discount=0.05, **SURE).market.axes.weight.sum()
    assert weight < 3 and row["discounted"] == pytest.approx(weight * 5 * A10)


def test_what_changes() -> None:
    """Committed it comes anyhow; at 30 a kg/yr only with the loan; at 20 more of it."""
    row = told(FREE, **SURE)["loan"]
    assert (row["change"], row["built"], row["built_without"]) == ("anyhow", 1, 1)
    row = told({**GRANT, "share": 0.5}, capex=30.0)["gift"]
    assert (row["change"], row["first"]) == ("only", 2026)
    assert (row["built_without"], row["first_without"]) == (0, None)
    row = told(FREE)["loan"]
    assert row["change"] == "more"
    assert row["built"] - row["built_without"] == pytest.approx(10 * A10 - 1, abs=1e-5)
    rows = support_accounts(built_under(FREE))
    assert rows["change"].to_list() == [""], "nothing to compare with"


def test_what_pays_for_itself_comes_earlier() -> None:
    """A fast track is no money, but what it brings earlier stands with the grant beside it."""
    track = {"kind": "fast_track", "name": "track", "projects": ["new"], "years": 2}
    early = {"earliest": 2028, "lead": 2.0}
    row = told(GRANT, track, **early)["gift"]
    assert (row["change"], row["first"], row["first_without"]) == ("earlier", 2026, 2028)


def test_buyers_stand_with_their_own_account() -> None:
    ahead = {**FREE, "kind": "prepayment", "name": "ahead", "payer": "B", "default_rate": 0.0}
    row = told(ahead, **SURE)["ahead"]
    assert (row["account"], row["country"]) == ("users", "B")
    assert row["plain"] == pytest.approx(3 * (10 * A10 - 1))


def test_supports_of_what_nobody_builds_are_named() -> None:
    outcome = built_under({**FREE, "share": 0.1}, capex=60.0)
    assert support_accounts(outcome).is_empty()
    assert idle_supports(outcome) == ["loan"]
    assert idle_supports(built_under(FREE)) == []


def test_a_part_that_comes_sooner_comes_earlier() -> None:
    """Of 10 kt/yr 3 come in 2035 in place of 2040: as much, as soon begun, and not the same."""
    from monazite.study.support_accounts import Stands, _change

    before = Stands(10.0, 2028.0, 2036.0)
    assert _change(before._replace(mean=2034.5), before) == "earlier"
    assert _change(before._replace(mean=2037.5), before) == "less"
    assert _change(before._replace(mean=2036.01), before) == "anyhow"
    assert _change(before._replace(built=11.0), before) == "more"
    assert _change(Stands(), before) == "less"
    assert _change(before, Stands()) == "only"


def test_all_projects_of_a_plant_count_together() -> None:
    """3 kt/yr from 2030 by one project, 1 from 2034 by another: 4, begun in 2030, in 2031 at the
    mean.
    """
    from types import SimpleNamespace

    from monazite.study.support_accounts import Stands, _built

    builds = SimpleNamespace(
        facility=np.array(["a", "a", "b", "a"]), begins=np.array([2030.0, 2034.0, 2030.0, 2026.0])
    )
    outcome: Any = SimpleNamespace(
        market=SimpleNamespace(builds=builds), built=np.array([3.0, 1.0, 0.0, 0.0])
    )
    assert _built(outcome) == {"a": Stands(4.0, 2030.0, 2031.0)}
