"""What is a promise of money worth before it is one? Letters of interest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from monazite.policy import pipeline
from monazite.policy.base import wrong
from monazite.policy.equity import Equity
from monazite.policy.finance import AbstractSupport, Worth
from monazite.policy.grant import Grant
from monazite.policy.guarantee import Guarantee
from monazite.policy.loan import Loan

if TYPE_CHECKING:
    import polars as pl

    from monazite.model.axes import Floats

Terms = Annotated[Loan | Grant | Equity | Guarantee, Field(discriminator="kind")]
OWN = ("kind", "probability", "terms", "status", "note")  # what terms do not take from the letter


class LetterOfInterest(AbstractSupport):
    """A letter about money that may come: the terms meant, times the chance that it does.

    Equation: with D, grant equivalent and expected loss of the terms, the letter gives
    probability * D at probability times their cost: half a chance of a loan is taken as half of it.
    With `completion`, that of the projects becomes probability * max(completion, stated) + (1
    - probability) * stated.

    Who pays whom: as under the terms, the treasury of `payer` pays the owners, under the letter's
    name, its expected value.

    Worked by hand: users pay 10 - q, a mine of 4 costs 2 a kg, a project at 2 a kg costs 20 of
    capital per kg/yr, for ten years at 10 %: annuity 3.2549, p = 5.2549, 0.7451 built. A letter
    about a grant of a quarter of it (worth 0.8137 a year) that turns into one with probability 0.4
    is worth 0.3255: p = 4.9294, 1.0706 are built.

    Whoever builds only with the money in hand is not half built: such a project is asked twice,
    with the terms and without.

    Example:

        kind: letter_of_interest
        name: caldeira_letter
        projects: [bra_caldeira]
        payer: USA
        amount: 250
        probability: 0.3
        terms: {kind: loan, rate: 0.065, tenor: 12, grace: 2}
        source: US EXIM, letter of interest of 250 million USD; probability and terms assumed

    Source: expected value; no published rate of conversion was found, so the probability is an
    assumption to be changed.
    """

    kind: Literal["letter_of_interest"] = "letter_of_interest"
    probability: float = Field(ge=0.0, le=1.0)
    terms: Terms

    @model_validator(mode="before")
    @classmethod
    def _hands_on(cls, fields: Any) -> Any:
        """The terms speak of the letter's projects, at its public's rates, unless they say so."""
        if not isinstance(fields, Mapping) or not isinstance(fields.get("terms"), Mapping):
            return fields
        shared = {key: value for key, value in fields.items() if key not in OWN}
        return {**fields, "terms": {**shared, **fields["terms"]}}

    @model_validator(mode="after")
    def _about_the_same(self) -> LetterOfInterest:
        if (self.terms.share, self.terms.amount) != (self.share, self.amount):
            raise wrong("letter_size")
        return self

    @property
    def drawn(self) -> float:
        """What the terms pay out, if they come."""
        return self.probability * self.terms.drawn

    def service(self, life: int) -> Floats:
        """Of the terms, if they come."""
        return self.probability * self.terms.service(life)

    def interest(self, life: int) -> Floats:
        """Of the terms, if they come."""
        return self.probability * self.terms.interest(life)

    def surer(self, frame: pl.DataFrame) -> Floats:
        """Probability of completion: of the terms if they come, as stated if not."""
        sure = AbstractSupport.surer(self, frame)
        before = pipeline.stated(frame, "completion", 1.0)
        return self.probability * sure + (1.0 - self.probability) * before

    def worth(self, wacc: Floats, life: Floats) -> Worth:
        """Per dollar of what it is about."""
        sure, chance = self.terms.worth(wacc, life), self.probability
        return Worth(
            chance * sure.value, chance * sure.grant_equivalent, chance * sure.expected_loss
        )
