"""Does a lot satisfy a rule on what it is made of, by whom and where? One file a rule.

A rule is a file of dated data, ``<rule>.yaml``, and beside it ``<rule>.py`` with one pure function
``judge(lot, evidence, terms)``. Both are found by their name: adding a rule is adding the two.
"""

from monazite.club.content.check import (
    Buyer,
    Eligibility,
    Need,
    eligibility,
    eligible,
    rows,
    verdicts,
)
from monazite.club.content.evidence import Evidence
from monazite.club.content.rule import Rule, rules
from monazite.club.content.verdict import Verdict, Verdicts

__all__ = [
    "Buyer",
    "Eligibility",
    "Evidence",
    "Need",
    "Rule",
    "Verdict",
    "Verdicts",
    "eligibility",
    "eligible",
    "rows",
    "rules",
    "verdicts",
]
