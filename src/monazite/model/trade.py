"""What does it cost to bring a material from one country to another? Arcs and duties."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, codes, numbers, over_periods, table, texts
from monazite.model.marks import Marks
from monazite.model.segments import Segments, add_segments

if TYPE_CHECKING:
    from monazite.kernel import Program


@dataclass(frozen=True)
class Arcs:
    """One element per material, origin, destination and period.

    Units: USD per kg shipped, rates and loss as fractions, bound and knee in kt/yr. The price
    equation of an arc in use is

        (1 - loss) P[destination] = P[origin] + freight + export charge + duty + residual
                                    + slope * (f - knee)+ + rents of limits and of the bound.

    `free`: marks that all of what moves is free of (marks.py), as bits; the keys are those of this
    class.
    """

    material: Ints
    origin: Ints
    destination: Ints
    period: Ints
    freight: Floats
    loss: Floats
    duty: Floats
    duty_rate: Floats
    export_tax: Floats
    export_rate: Floats
    residual: Floats
    knee: Floats
    slope: Floats
    bound: Floats
    free: Ints
    origin_key: Ints
    destination_key: Ints

    @property
    def unit_cost(self) -> Floats:
        """What one more kg costs before ad valorem charges [USD/kg shipped]."""
        return self.freight + self.duty + self.export_tax + self.residual

    @property
    def rated(self) -> Ints:
        """The arcs whose charges depend on a price."""
        return np.flatnonzero((self.duty_rate != 0) | (self.export_rate != 0))


FIELDS = (
    "freight",
    "loss",
    "duty",
    "duty_rate",
    "export_tax",
    "export_rate",
    "residual",
    "knee",
    "slope",
)


def read_arcs(case: Any, axes: Axes, marks: Marks) -> Arcs:
    """The arcs of a case on which something may move: bound above 0, and not asked to be free of a
    mark that the origin puts.
    """
    frame = over_periods(table(case, "arcs"), ["material", "origin", "destination"], axes)
    bound = numbers(frame, "bound", np.inf)
    material = codes(texts(frame, "material"), axes.materials)
    origin = codes(texts(frame, "origin"), axes.countries)
    free = marks.bits(texts(frame, "free_of")) & marks.traced[material]
    keep = np.flatnonzero((bound > 0) & (free & marks.places[origin] == 0))
    material, origin, free = material[keep], origin[keep], free[keep]
    destination = codes(texts(frame, "destination"), axes.countries)[keep]
    period = frame["t"].to_numpy()[keep]
    leaving = marks.surely[material, free]
    arriving = marks.atmost[material, free & ~marks.places[destination]]
    return Arcs(
        material=material,
        origin=origin,
        destination=destination,
        period=period,
        bound=bound[keep],
        free=free,
        origin_key=axes.key(leaving, origin, period),
        destination_key=axes.key(arriving, destination, period),
        **{name: numbers(frame, name, 0.0)[keep] for name in FIELDS},
    )


def select(arcs: Arcs, keep: Ints) -> Arcs:
    """The arcs at the given positions."""
    return Arcs(**{name: getattr(arcs, name)[keep] for name in Arcs.__dataclass_fields__})


def export_wedge(arcs: Arcs, price: Floats) -> Floats:
    """Ad valorem export charge [USD/kg shipped] at origin prices P: export_rate * max(P, 0)."""
    return arcs.export_rate * np.maximum(price, 0.0)


def duty_wedge(arcs: Arcs, price: Floats) -> Floats:
    """Ad valorem duty [USD/kg shipped]: duty_rate times the value at the border before duty.

    value = P[origin] + export_tax + export_rate*P[origin] + freight (a c.i.f. value: WTO Agreement
    on Customs Valuation, Article 8.2, leaves freight to the member's choice; here it is always
    included).
    """
    price = np.maximum(price, 0.0)
    return arcs.duty_rate * (price + arcs.export_tax + export_wedge(arcs, price) + arcs.freight)


def arc_labels(axes: Axes, arcs: Arcs) -> dict[str, np.ndarray]:
    """What each arc is called."""
    countries = np.array(axes.countries, dtype=object)
    return {
        "material": np.array(axes.materials, dtype=object)[arcs.material],
        "origin": countries[arcs.origin],
        "destination": countries[arcs.destination],
        "period": np.array(axes.periods, dtype=object)[arcs.period],
    }


def add_flows(program: "Program", axes: Axes, arcs: Arcs) -> Segments:
    """Columns `flow` and `flow_rise` [kt/yr, weighed at the origin], costs in present value.

    Ad valorem charges are put on top of these costs by the solve, as wedges.
    """
    return add_segments(
        program,
        "flow",
        arc_labels(axes, arcs),
        cost=arcs.unit_cost,
        knee=arcs.knee,
        slope=arcs.slope,
        bound=arcs.bound,
        weight=axes.weight[arcs.period],
    )
