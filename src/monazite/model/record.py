"""How is an outcome kept? As a record (outcome.json) and as tables, whole or not at all."""

from __future__ import annotations

import json
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.answer import FILE, keep

if TYPE_CHECKING:
    from monazite.model.outcome import Outcome

RECORD, SCENARIO, TABLES = "outcome.json", "scenario.yaml", "tables"
SCRAP = "scrap.parquet"  # old scrap, where it followed the answer itself
NOTHING = 1e-9  # MUSD/yr below which nothing was paid
SOLVERS = ("numpy", "scipy", "polars", "piqp", "highspy")


def record(outcome: Outcome) -> dict[str, Any]:
    """Scenario, case, digests, versions, timings, certificate, books, shares, prices, instruments,
    warnings, headline figures.

    Plain Python throughout, so that json.dumps(record) works and holds no NaN.
    """
    certificate, cleared = outcome.certificate, outcome.cleared
    ledger = outcome.ledger
    return {
        "scenario": getattr(outcome.scenario, "name", None),
        "case": outcome.case.name,
        "digests": {
            "case": outcome.case.digest,
            "scenario": getattr(outcome.scenario, "digest", None),
        },
        "versions": versions(),
        "timings": {**outcome.timings, "solve": cleared.seconds},
        "solve": {
            "backend": cleared.solution.backend,
            "programs": cleared.programs,
            "wedge_iterations": cleared.iterations,
            "wedge_residual": cleared.residual,
            "rows": int(outcome.market.standard.A.shape[0]),
            "columns": int(outcome.market.standard.A.shape[1]),
        },
        "certificate": {
            "primal": certificate.primal,
            "dual": certificate.dual,
            "complementarity": certificate.complementarity,
            "gap": certificate.gap,
        },
        "scrap": scrap_record(outcome),
        "objective": outcome.objective,
        "books": {"residual": ledger.residual, "gains": ledger.gains},
        "mass_balance": outcome.mass_balance,
        "shares": outcome.shares,
        "prices": price_record(outcome),
        "instruments": instrument_record(outcome),
        "warnings": outcome.warnings,
        "headline": headline(outcome),
    }


def versions() -> dict[str, str]:
    """Versions of Python, monazite and what computes for it."""
    found = {"python": platform.python_version()}
    for name in ("monazite", *SOLVERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def scrap_record(outcome: Outcome) -> dict[str, float] | None:
    """How often the years were solved until old scrap was what their own use leaves, and by which
    part it still moved; None where it follows the path of demand.
    """
    old = outcome.scrap
    return {"rounds": old.rounds, "moved": old.moved} if old and old.rounds else None


def price_record(outcome: Outcome, period: int = 0) -> dict[str, dict[str, float | None]]:
    """{material: {country: USD/kg or None}} in one period; indicative prices are left out."""
    frame = outcome.prices.filter(outcome.prices["period"] == outcome.market.axes.periods[period])
    found: dict[str, dict[str, float | None]] = {}
    for material, country, price, indicative in frame.select(
        "material", "country", "price", "indicative"
    ).iter_rows():
        if not indicative:
            found.setdefault(material, {})[country] = price
    return found


def instrument_record(outcome: Outcome) -> list[dict[str, Any]]:
    """Every rule that was asked for: name, kind, status, whether it bound, what was paid, coverage.

    Payments in MUSD/yr, a mean over periods weighted by years, by account and country on both
    sides. Coverage, of rules that state it, in kt/yr covered of kt/yr that asked for it.
    """
    acting = {rule.name for rule in outcome.market.instruments}
    asked = getattr(outcome.scenario, "instruments", outcome.market.instruments)
    return [
        {
            "name": rule.name,
            "kind": rule.kind,
            "status": rule.status,
            "bound": rule.name in acting and bool(rule.bound(outcome)),
            "payments": _payments(outcome, rule.name),
            "coverage": _coverage(outcome, rule) if rule.name in acting else [],
        }
        for rule in asked
    ]


def _payments(outcome: Outcome, item: str) -> list[dict[str, Any]]:
    """Who paid whom under an item, net between each two, the largest first."""
    axes = outcome.market.axes
    names, share = (*axes.countries, ""), axes.weight / axes.weight.sum()
    sums: dict[tuple[Any, ...], float] = {}
    for one in outcome.ledger.payments:
        # the rent of a rule's own limits is paid in its name
        named = str(one.item).split("/")[0] == item
        rent = one.item == "limit rent" and len(one.amount)
        mine = np.full(len(one.amount), named)
        if rent:
            limit = np.broadcast_to(np.asarray(one.payee.name, dtype=object), len(one.amount))
            mine = np.array([str(each).split("/")[0] == item for each in limit], dtype=bool)
        for k in np.flatnonzero(mine & (one.amount != 0)):
            pair = tuple(_side(side, int(k), len(mine), names) for side in (one.payer, one.payee))
            paid = float(one.amount[k]) * float(share[one.period[k]])
            # what is paid back, beyond a cap for example, is taken off
            back = pair[::-1] in sums
            key = pair[::-1] if back else pair
            sums[key] = sums.get(key, 0.0) + (-paid if back else paid)
    keys = ("payer", "payer_country", "payee", "payee_country")
    found = [
        {**dict(zip(keys, [*key[total < 0], *key[total >= 0]], strict=True)), "amount": abs(total)}
        for key, total in sums.items()
        if abs(total) > NOTHING
    ]
    return sorted(found, key=lambda each: -each["amount"])


def _side(party: Any, k: int, size: int, names: tuple[str, ...]) -> tuple[str, str]:
    country = np.broadcast_to(np.asarray(party.country), size)
    return party.account, names[int(country[k])]


def _coverage(outcome: Outcome, rule: Any) -> list[dict[str, Any]]:
    if not hasattr(rule, "coverage"):
        return []
    return [
        {"period": each.period, "covered": float(each.covered), "of": float(each.of)}
        for each in rule.coverage(outcome)
    ]


def headline(outcome: Outcome) -> dict[str, Any]:
    """What one looks at first: unserved use, largest share of each measure, what binds."""
    largest = {}
    for name, share in outcome.shares.items():
        if share["by_place"]:
            country, part = next(iter(share["by_place"].items()))
            largest[name] = {"country": country, "share": part}
    return {
        "largest_supplier": largest,
        "unserved": outcome.unserved,
        "use_value": float(np.nansum(outcome.use["value"].fill_null(0.0).to_numpy())),
        "binding": outcome.binding[:10],
    }


def write(outcome: Outcome, folder: Any, *, csv: bool = False, excel: bool = False) -> Path:
    """Write outcome.json, tables/<table>.parquet (also CSV, or one workbook), and what it takes to
    open the outcome again: scenario.yaml, answer.npz and the old scrap that settled with it.
    Returns the folder.

    Everything is written beside the folder first and moved into it at the end: an error leaves
    the folder as it was. Other files in the folder are kept.
    """
    target = Path(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as name:
        draft = Path(name)
        _fill(outcome, draft, csv=csv, excel=excel)
        (target / TABLES).mkdir(parents=True, exist_ok=True)
        for path in sorted(file for file in draft.rglob("*") if file.is_file()):
            path.replace(target / path.relative_to(draft))
    return target


def _fill(outcome: Outcome, draft: Path, *, csv: bool, excel: bool) -> None:
    tables = outcome.to_frames()
    (draft / TABLES).mkdir()
    for name, frame in tables.items():
        frame.write_parquet(draft / TABLES / f"{name}.parquet")
        if csv:
            frame.write_csv(draft / TABLES / f"{name}.csv")
    if excel:
        _workbook(tables, draft / TABLES / "outcome.xlsx")
    if hasattr(outcome.scenario, "to_yaml"):
        (draft / SCENARIO).write_text(outcome.scenario.to_yaml(), encoding="utf-8")
        keep(outcome.cleared, draft / FILE)
        if scrap_record(outcome):
            outcome.scrap.rows.write_parquet(draft / SCRAP)
    text = json.dumps(outcome.record, indent=2, ensure_ascii=False, allow_nan=False)
    (draft / RECORD).write_text(text + "\n", encoding="utf-8")


def _workbook(tables: dict[str, Any], path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        for name, frame in tables.items():
            frame.write_excel(workbook, worksheet=name)
