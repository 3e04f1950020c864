"""What cannot be exceeded? Capacities of facilities and named limits over several of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, numbers, over_periods, table, texts
from monazite.model.chain import Activities, Plants
from monazite.model.segments import Segments
from monazite.model.trade import Arcs

if TYPE_CHECKING:
    from monazite.kernel import Block, Program


@dataclass(frozen=True)
class Limits:
    """One element per limit and period, a bound on sums of coefficient * activity or flow.

    `activity_row`, `activity_of`, `activity_coefficient` are the terms on activities; likewise
    flows.
    """

    limit: np.ndarray
    kind: np.ndarray
    holder: np.ndarray
    period: Ints
    upper: Floats
    activity_row: Ints
    activity_of: Ints
    activity_coefficient: Floats
    flow_row: Ints
    flow_of: Ints
    flow_coefficient: Floats

    @property
    def size(self) -> int:
        """Number of limits times periods."""
        return len(self.limit)


def read_limits(case: Any, axes: Axes, plants: Plants, ways: Activities, arcs: Arcs) -> Limits:
    """The limits of a case. An empty cell in a term means any: no mode is every mode of the
    facility, no destination every destination. A limit that nothing can use has no terms and never
    binds; one with rows for some periods only does not hold in the others.
    """
    terms = table(case, "limit_terms")
    frame = over_periods(table(case, "limits"), ["limit"], axes)
    names, period = texts(frame, "limit"), frame["t"].to_numpy()
    on_ways = _matches(
        texts(terms, "facility"),
        {"facility": plants.facility[ways.plant], "mode": ways.mode},
        {"facility": texts(terms, "facility"), "mode": texts(terms, "mode")},
    )
    axes_of = {"material": axes.materials, "origin": axes.countries, "destination": axes.countries}
    wanted = {name: texts(terms, name) for name in axes_of}
    some = wanted["material"] + wanted["origin"] + wanted["destination"]
    labels = {n: np.array(axis, dtype=object)[getattr(arcs, n)] for n, axis in axes_of.items()}
    on_flows = _matches(some, labels, wanted) if len(terms) else []
    rows = _rows(names, period, texts(terms, "limit"), len(axes.periods))
    coefficient = numbers(terms, "coefficient", 1.0)
    activity = _terms(on_ways, rows, coefficient, plants.period[ways.plant])
    flow = _terms(on_flows, rows, coefficient, arcs.period)
    return Limits(
        limit=names,
        kind=texts(frame, "kind", "quota"),
        holder=texts(frame, "holder"),
        period=period,
        upper=numbers(frame, "upper", np.inf),
        activity_row=activity[0],
        activity_of=activity[1],
        activity_coefficient=activity[2],
        flow_row=flow[0],
        flow_of=flow[1],
        flow_coefficient=flow[2],
    )


def _rows(names: np.ndarray, period: Ints, of: np.ndarray, periods: int) -> Ints:
    """The row of each term's limit by period, terms by periods; -1 where it does not hold."""
    place = {name: k for k, name in enumerate(dict.fromkeys(names))}
    at = np.full((len(place), periods), -1, dtype=np.int64)
    at[[place[name] for name in names], period] = np.arange(len(names))
    return at[[place[name] for name in of]]


def _matches(
    some: np.ndarray, labels: dict[str, np.ndarray], wanted: dict[str, np.ndarray]
) -> list[Ints]:
    """For each term that speaks of this family (`some` not empty), the elements it means."""
    found = []
    for k in range(len(some)):
        hit = np.full(len(next(iter(labels.values()))), bool(some[k]))
        for name, values in wanted.items():
            if values[k]:
                hit &= labels[name] == values[k]
        found.append(np.flatnonzero(hit))
    return found


def _terms(
    found: list[Ints], rows: Ints, coefficient: Floats, period: Ints
) -> tuple[Ints, Ints, Floats]:
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    of = np.concatenate(found)
    term = np.repeat(np.arange(len(found)), [len(each) for each in found])
    row = rows[term, period[of]]
    holds = row >= 0
    return row[holds], of[holds], coefficient[term][holds]


def add_capacity(
    program: "Program", axes: Axes, plants: Plants, ways: Activities, columns: Segments
) -> "Block | None":
    """Rows capacity[facility, period]: sum over modes of activity <= capacity [kt/yr]."""
    if len(plants.facility) == 0:
        return None
    row = program.add_rows(
        "capacity",
        {
            "facility": plants.facility,
            "period": np.array(axes.periods, dtype=object)[plants.period],
        },
        "kt/yr",
        upper=plants.capacity,
    )
    for block, of in columns.parts():
        program.add_terms(row, block, 1.0, "1", row=ways.plant[of])
    return row


def add_limits(
    program: "Program", axes: Axes, limits: Limits, activity: Segments, flow: Segments
) -> "Block | None":
    """Rows limit[limit, period]: sum of coefficient * (activity or flow) <= upper [kt/yr]."""
    if limits.size == 0:
        return None
    row = program.add_rows(
        "limit",
        {
            "limit": limits.limit,
            "period": np.array(axes.periods, dtype=object)[limits.period],
        },
        "kt/yr",
        upper=limits.upper,
    )
    on_activity = (limits.activity_row, limits.activity_of, limits.activity_coefficient)
    on_flow = (limits.flow_row, limits.flow_of, limits.flow_coefficient)
    for columns, (at, of, coefficient) in ((activity, on_activity), (flow, on_flow)):
        for block, elements in columns.parts():
            column, term = positions(elements, of, columns.size)
            program.add_terms(row, block, coefficient[term], "1", row=at[term], column=column)
    return row


def positions(elements: Ints, of: Ints, size: int) -> tuple[Ints, Ints]:
    """Columns of a block for terms on elements: (column, term), terms without a column left out."""
    column = np.full(size, -1)
    column[elements] = np.arange(len(elements))
    column = column[of]
    term = np.flatnonzero(column >= 0)
    return column[term], term
