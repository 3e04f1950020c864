"""Rules that look at prices: what is said when they do not settle, and what proves them."""

from dataclasses import replace

import numpy as np
import pytest

from monazite.errors import CertificateError
from monazite.model.market import Charge
from monazite.model.outcome import outcome_of
from monazite.policy import contingent
from monazite.policy.contract_for_difference import ContractForDifference
from monazite.study.ask import market_of
from monazite.study.scenario import Scenario

from .markets import two_countries, under
from .mines import mine_in_a

CFD = ContractForDifference(
    name="cfd", material="m", facilities=("mine",), reference="A", strike=7.0, payer="A"
)


def test_rules_that_never_settle_are_named() -> None:
    """A levy of 3 while the price in A is above 4, none below: it is 5 without and 3.5 with.

    Bisection ends at the jump: just above 4 the levy takes the price to 3.5.
    """
    market = market_of(Scenario(), case=two_countries())
    node = market.nodes.at[market.arcs.origin_key[:1]]
    jump = Charge(
        "seesaw",
        "flow",
        np.array([0]),
        nodes=node,
        rule=lambda prices: np.where(prices[node] > 4.0, 3.0, 0.0),
    )
    with pytest.raises(CertificateError, match=r"\[m,A,base\] \(looked at by seesaw\)") as caught:
        outcome_of(market.charged(jump))
    assert "moves between 3.5 and 4" in str(caught.value)


def test_complementarity_holds_and_its_absence_is_seen() -> None:
    outcome = under(mine_in_a(), CFD)
    assert contingent.contradictions(outcome) == []
    # as if 4 USD/kg had been paid at a price above the strike
    late = outcome.market.under()
    object.__setattr__(late, "instruments", (CFD.model_copy(update={"strike": 2.5}),))
    other = replace(outcome, cleared=replace(outcome.cleared, market=late))
    (told,) = contingent.contradictions(other)
    assert told.startswith("cfd charges or pays 4 USD/kg where 0 is due")
    with pytest.raises(CertificateError, match="where 0 is due"):
        contingent.prove(other.market.instruments[0], other)
