"""How are answers to claims kept in a folder, and do they fit the data of a report?

`keep` writes ``claims.json``: what was asked (each test with its scenarios, the periods, the digest
of the case) and every answer. `kept` opens it under the words and thresholds of today, for a
verdict follows from answers and from where a claim holds. It refuses answers to what is no longer
asked: another case, another test, another scenario. Claims of a user's own are kept with them, as
``claims.yaml`` and ``scenarios/``; those that come with monazite are not copied.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monazite.errors import InputError, fault
from monazite.study.base_year import DEFAULT
from monazite.study.claims.base import AbstractTest, Answer
from monazite.study.claims.table import SHIPPED, Claim, beside, read_claims
from monazite.study.claims.verdicts import Finding, finding
from monazite.study.claims.world import CENTRAL, YEARS, case_at, named

if TYPE_CHECKING:
    from monazite.data import Case

FILE = "claims.json"
TABLE = "claims.yaml"
SCENARIOS = "scenarios"
FORMAT = 1


@dataclass(frozen=True)
class Kept:
    """Findings with what was asked: case and its digest, periods, whether at central assumptions.

    `of` counts all claims of the table, which are more than `findings` where only some were asked.
    """

    findings: tuple[Finding, ...]
    case: str
    digest: str
    years: str
    quick: bool
    of: int
    version: str


def keep(
    findings: Sequence[Finding],
    folder: str | Path,
    *,
    table: str | Path | None = None,
    years: str = YEARS,
    quick: bool = False,
    overlay: Any = None,
) -> Path:
    """Write findings of `judge`, asked with these arguments, as ``claims.json`` into a folder."""
    from monazite import __version__

    target, source = Path(folder), SHIPPED if table is None else Path(table)
    case = case_at(CENTRAL, overlay)
    record = {
        "format": FORMAT,
        "monazite": __version__,
        "table": None if table is None else TABLE,
        "case": {"name": case.name, "digest": case.digest},
        "years": years,
        "quick": quick,
        "whole": len(findings) == len(read_claims(table)),
        "claims": {one.claim.id: _row(one, source.parent / SCENARIOS) for one in findings},
    }
    if table is not None:
        _copied(source, findings, target)
    written = target / FILE
    written.write_text(
        json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8"
    )
    return written


def _row(one: Finding, folder: Path) -> dict[str, Any] | None:
    if one.claim.test is None:
        return None
    answers = {
        name: [_number(x) for x in (answer.value, answer.low, answer.high)]
        for name, answer in one.answers.items()
    }
    return {"asked": asked(one.claim.test, folder), "answers": answers}


def _number(value: float | None) -> float | str | None:
    """JSON knows no infinity, the year of what never comes."""
    return value if value is None or abs(value) < float("inf") else str(value)


def _copied(table: Path, findings: Sequence[Finding], target: Path) -> None:
    shutil.copyfile(table, target / TABLE)
    tests = [one.claim.test for one in findings if one.claim.test is not None]
    for name in sorted({name for test in tests for name, _ in test.needs}):
        own = table.parent / SCENARIOS / f"{name}.yaml"
        if own.is_file():
            (target / SCENARIOS).mkdir(exist_ok=True)
            shutil.copyfile(own, target / SCENARIOS / own.name)
    for name in sorted({name for test in tests for name in test.TABLES}):
        if (table.parent / name).is_file():
            shutil.copyfile(table.parent / name, target / name)


def asked(test: AbstractTest, folder: Path) -> str:
    """SHA-256 of what a test asks: its fields, its scenarios, their case where it is not the
    reference world, and the tables beside the claims that it reads; not of any words.
    """
    scenarios = {name: named(name, folder) for name, _ in test.needs}
    told: dict[str, Any] = {
        "test": test.model_dump(mode="json"),
        "scenarios": {name: one.digest for name, one in scenarios.items()},
        "cases": {one.case: _digest(one.case) for one in scenarios.values() if one.case != DEFAULT},
    }
    if test.TABLES:
        told["tables"] = {
            name: hashlib.sha256(beside(folder.parent, name).read_bytes()).hexdigest()
            for name in test.TABLES
        }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _digest(case: str) -> str:
    return case_at(CENTRAL, case=case).digest


# --- reading --------------------------------------------------------------------------------------


def is_kept(folder: str | Path | None) -> bool:
    """Whether a folder holds answers to claims."""
    return folder is not None and (Path(folder) / FILE).is_file()


def kept(folder: str | Path, case: Case | None = None) -> Kept:
    """The answers in a folder under today's words and thresholds.

    With a case they must be of that case. Raises InputError where there are none, or they answer
    what is no longer asked.
    """
    file = Path(folder) / FILE
    if not file.is_file():
        raise InputError([fault("claims_not_kept", str(file), folder=str(folder))])
    record = _read(file)
    of, digest = record["case"]["name"], record["case"]["digest"]
    if case is not None and case.digest != digest:
        key = "claims_case" if case.name == of else "claims_world"
        raise InputError([
            fault(key, str(file), value=f"{of} {digest[:8]}", folder=str(folder),
                  case=f"{case.name} {case.digest[:8]}")
        ])  # fmt: skip
    table = SHIPPED if record["table"] is None else Path(folder) / TABLE
    claims, rows = read_claims(table), record["claims"]
    wanted = [claim for claim in claims if record["whole"] or claim.id in rows]
    changed = _changed(wanted, rows, table.parent / SCENARIOS)
    if changed:
        raise InputError([
            fault("claims_changed", str(file), value=", ".join(changed), folder=str(folder))
        ])  # fmt: skip
    answers = _answers(rows)
    return Kept(
        tuple(finding(claim, answers) for claim in wanted), of, digest, record["years"],
        record["quick"], len(claims), record["monazite"],
    )  # fmt: skip


def _read(file: Path) -> dict[str, Any]:
    """The record. Raises InputError where it is none."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        whole = (
            record["format"] == FORMAT
            and all(isinstance(record["case"][name], str) for name in ("name", "digest"))
            and isinstance(record["years"], str)
            and all(isinstance(record[name], bool) for name in ("quick", "whole"))
            and isinstance(record["monazite"], str)
            and record["table"] in (None, TABLE)
            and all(CENTRAL.name in row["answers"] for row in record["claims"].values() if row)
        )
        _answers(record["claims"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError([fault("claims_torn", str(file), folder=str(file.parent))]) from error
    if not whole:
        raise InputError([fault("claims_torn", str(file), folder=str(file.parent))])
    return dict(record)


def _answers(rows: Mapping[str, Any]) -> dict[str, dict[str, Answer]]:
    """Answers by point and claim."""
    found: dict[str, dict[str, Answer]] = {}
    for name, row in rows.items():
        for point, ends in row["answers"].items() if row is not None else ():
            value, low, high = (None if x is None else float(x) for x in ends)
            found.setdefault(point, {})[name] = Answer(value, low, high)
    return found


def _changed(claims: Sequence[Claim], rows: Mapping[str, Any], folder: Path) -> list[str]:
    """Claims whose test is not the one answered; claims that are tested now and were not."""
    known = {claim.id for claim in claims}
    return [
        claim.id
        for claim in claims
        if (None if claim.test is None else asked(claim.test, folder)) != _asked(rows, claim.id)
    ] + [name for name in rows if name not in known]


def _asked(rows: Mapping[str, Any], name: str) -> str | None:
    row = rows.get(name)
    return None if row is None else str(row["asked"])
