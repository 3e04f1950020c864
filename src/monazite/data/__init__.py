"""Tables in, tables out: what a market is made of, checked before anything is solved."""

from monazite.data.case import Case, Change, builtin, builtin_names, validate

__all__ = ["Case", "Change", "builtin", "builtin_names", "validate"]
