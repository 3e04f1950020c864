"""Tables in, tables out: what a market is made of, checked before anything is solved."""

from monazite.data.case import Case, Change, builtin, builtin_names, validate
from monazite.data.write import template

__all__ = ["Case", "Change", "builtin", "builtin_names", "template", "validate"]
