"""The trading club: sealed call auctions over the chain, from orders to what is owed.

    from monazite.club import clear, read_book, read_rules
    clearing = clear(read_book("book.json"), read_rules("rules.yaml"))
    clearing.price("ndpr_oxide@EU")       micro-dollars per kg, None where nothing trades

Names are loaded when first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monazite.club.clearing import clear as clear
    from monazite.club.orders import Arc as Arc
    from monazite.club.orders import Book as Book
    from monazite.club.orders import Clearing as Clearing
    from monazite.club.orders import Conversion as Conversion
    from monazite.club.orders import Eligibility as Eligibility
    from monazite.club.orders import Leg as Leg
    from monazite.club.orders import Order as Order
    from monazite.club.orders import Product as Product
    from monazite.club.orders import Purchase as Purchase
    from monazite.club.orders import Refusal as Refusal
    from monazite.club.orders import Release as Release
    from monazite.club.orders import Rules as Rules
    from monazite.club.reading import read_book as read_book
    from monazite.club.reading import read_rules as read_rules

_PLACES = {
    **dict.fromkeys(("Arc", "Book", "Clearing", "Conversion", "Eligibility", "Leg"), "orders"),
    **dict.fromkeys(("Order", "Product", "Purchase", "Refusal", "Release", "Rules"), "orders"),
    "clear": "clearing",
    **dict.fromkeys(("read_book", "read_rules"), "reading"),
}
__all__ = list(_PLACES)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
