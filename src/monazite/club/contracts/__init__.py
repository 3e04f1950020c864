"""How does a contract settle, alone and beside an auction? One file a kind of contract."""

from monazite.club.contracts.base import Account, Debt, Settlement, settle_debt, unbalanced
from monazite.club.contracts.published import contract, notes, published
from monazite.club.contracts.two_step import Contracted, deviations, two_step

__all__ = [
    "Account",
    "Contracted",
    "Debt",
    "Settlement",
    "contract",
    "deviations",
    "notes",
    "published",
    "settle_debt",
    "two_step",
    "unbalanced",
]
