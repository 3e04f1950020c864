"""Who holds how much of what? Accounts in whole kilograms and micro-dollars, always in balance.

An entry is a list of postings [account, asset, amount] that sums to zero for every asset; it is
made whole or not at all. No account but `OUTSIDE` may fall below zero. Accounts: ``free/<member>``,
``held/<auction>/<member>/<order>`` (collateral), ``escrow/<auction>/<member>``. Title to a lot is
an asset too, ``lot/<id>`` in kilograms, so that no kilogram can be offered or sold twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

MONEY = "$"  # micro-dollars; every other asset is a product, in kg
LOT = "lot/"  # what the asset of a lot's title begins with; no product may
OUTSIDE = "outside"  # where deposits come from and withdrawals go
Posting = Sequence  # [account, asset, amount]; a list, because that is what JSON gives back
Balances = dict[str, dict[str, int]]


def title(lot: str) -> str:
    """The asset that stands for title to a lot, in kg."""
    return f"{LOT}{lot}"


def free(member: str) -> str:
    """The account a member disposes of."""
    return f"free/{member}"


def held(auction: str, member: str, order: str) -> str:
    """The collateral of one order."""
    return f"held/{auction}/{member}/{order}"


def escrow(auction: str, member: str) -> str:
    """What a member has put up to settle an auction."""
    return f"escrow/{auction}/{member}"


def owner(account: str) -> str | None:
    """The member an account belongs to; None for the outside."""
    parts = account.split("/")
    return None if parts[0] == OUTSIDE else parts[1] if parts[0] == "free" else parts[2]


def move(asset: str, amount: int, source: str, target: str) -> list[list]:
    """The two postings of a transfer; none where nothing moves."""
    return [[source, asset, -amount], [target, asset, amount]] if amount else []


def told(asset: str, amount: int) -> str:
    """An amount for a reader: dollars to the micro-dollar, or kilograms of a product."""
    if asset == MONEY:
        sign, (whole, rest) = "-" if amount < 0 else "", divmod(abs(amount), 10**6)
        return f"{sign}{whole:,}.{rest:06} USD"
    return f"{amount:,} kg {asset}"


def balance(balances: Mapping[str, Mapping[str, int]], account: str, asset: str = MONEY) -> int:
    """What an account holds of an asset."""
    return balances.get(account, {}).get(asset, 0)


def under(balances: Mapping[str, Mapping[str, int]], prefix: str) -> list[tuple[str, str, int]]:
    """(account, asset, amount) of every account that begins with `prefix`, in order."""
    return [
        (account, asset, amount)
        for account in sorted(name for name in balances if name.startswith(prefix))
        for asset, amount in sorted(balances[account].items())
    ]


def wrong(balances: Mapping[str, Mapping[str, int]], postings: Iterable[Posting]) -> str | None:
    """Why an entry cannot be made: an asset that does not balance, an account left short."""
    sums: dict[str, int] = {}
    after: dict[tuple[str, str], int] = {}
    for account, asset, amount in postings:
        sums[asset] = sums.get(asset, 0) + amount
        before = after.get((account, asset), balance(balances, account, asset))
        after[account, asset] = before + amount
    for asset, total in sums.items():
        if total:
            return f"{asset} {total:+d}"
    for (account, asset), amount in after.items():
        if amount < 0 and account != OUTSIDE:
            return f"{account} {asset} {amount:+d}"
    return None


def enter(balances: Balances, postings: Iterable[Posting]) -> None:
    """Make an entry that `wrong` has nothing against; accounts at zero are closed."""
    for account, asset, amount in postings:
        assets = balances.setdefault(account, {})
        assets[asset] = assets.get(asset, 0) + amount
        if not assets[asset]:
            del assets[asset]
        if not assets:
            del balances[account]


def totals(balances: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """The sum of each asset over all accounts, the outside included: zero where nothing is lost."""
    sums: dict[str, int] = {}
    for account in sorted(balances):
        for asset, amount in balances[account].items():
            sums[asset] = sums.get(asset, 0) + amount
    return {asset: sums[asset] for asset in sorted(sums)}
