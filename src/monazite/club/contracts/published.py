"""Which contracts have public terms? Fixtures to settle by hand and to start own ones from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

NOTES = ("source", "assumed")


@cache
def published() -> Mapping[str, Any]:
    """The contracts with public terms, by id, each of the class of its kind."""
    return {name: _contract(name, terms) for name, terms in _rows().items()}


@cache
def notes() -> Mapping[str, Mapping[str, str]]:
    """Contract id -> the source of its terms, and what they leave open and is assumed."""
    return {name: {key: terms[key] for key in NOTES} for name, terms in _rows().items()}


def published_terms() -> Mapping[str, Mapping[str, Any]]:
    """Contract id -> terms, source and what is assumed, as the file has them."""
    return _rows()


def contract(id: str, kind: str, **terms: Any) -> Any:
    """A contract of a kind, which is a module of this package that names its class CONTRACT."""
    return import_module(f"monazite.club.contracts.{kind}").CONTRACT(id=id, **terms)


def _contract(name: str, terms: Mapping[str, Any]) -> Any:
    return contract(name, **{key: one for key, one in terms.items() if key not in NOTES})


@cache
def _rows() -> Mapping[str, Mapping[str, Any]]:
    import yaml

    text = Path(__file__).with_name("published.yaml").read_text(encoding="utf-8")
    rows: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return rows
