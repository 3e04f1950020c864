"""Which goods are free of which marks? Classes of a material, only where provenance is asked for.

A mark is put on goods by the countries and facilities in the table `mark_terms` and traced in the
materials named there. A traced material then has one variant for each set of marks it is free of:
dy_oxide@no_CHN is dysprosium oxide that no step in China has touched; dy_oxide may hold any.

    output of an activity    free of a mark if the plant does not put it and no input bears it
    what enters a country    bears the marks of that country
    blend                    what is free of a mark may be sold as what is not, never the reverse
    supply curve             as free as its country allows; stocks bear every mark

Cost, knee, slope, capacity, bounds, limits and charges bind the whole of an activity or arc, as
they do without marks. Its *parts* are columns without cost that move goods of cleaner classes in
place of its own:

    whole:   base + rise - sum(parts) >= 0                                        [kt/yr]

so that rising cost is never halved by being written twice. Without marks there are no parts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import Axes, Floats, Ints, codes, numbers, table, texts, variants

if TYPE_CHECKING:
    from monazite.kernel import Block, Program
    from monazite.model.chain import Activities, Plants
    from monazite.model.demand import Uses
    from monazite.model.segments import Segments
    from monazite.model.trade import Arcs

NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Marks:
    """Sets of marks as bits, bit k for names[k].

    By material: `of` (the material of which it is a variant), `free` (marks it is free of) and
    `traced` (marks that matter in it). `variant[material, bits]` is the variant of a material that
    is free of `bits`, as far as they are traced in it. `places` and `facilities` put marks.
    """

    names: tuple[str, ...]
    of: Ints
    free: Ints
    traced: Ints
    variant: Ints
    places: Ints
    facilities: dict[str, int]
    de_minimis: Floats

    @property
    def every(self) -> int:
        """The set of all marks."""
        return (1 << len(self.names)) - 1

    @property
    def sets(self) -> range:
        """Every set of marks but the empty one."""
        return range(1, self.every + 1)

    def bits(self, listing: np.ndarray) -> Ints:
        """The set in each cell such as "CHN; RUS_owned"."""
        place = {name: 1 << k for k, name in enumerate(self.names)}
        words = [[word.strip() for word in cell.split(";") if word.strip()] for cell in listing]
        return np.array([sum(place[w] for w in set(each)) for each in words], dtype=np.int64)


@dataclass(frozen=True)
class Parts:
    """Parts of activities or arcs in a class cleaner than their own: `of` the element, `free` of.

    Per kg of a part, `term_quantity` kg arrive at node key `term_key` (leave, where negative) in
    place of `term_from`, where the element itself delivers or takes them.
    """

    of: Ints
    free: Ints
    term_of: Ints
    term_from: Ints
    term_key: Ints
    term_quantity: Floats

    @property
    def size(self) -> int:
        """Number of parts."""
        return len(self.of)

    def only(self, keep: np.ndarray) -> Parts:
        """The parts where `keep` is true."""
        place = np.cumsum(keep) - 1
        terms = keep[self.term_of]
        return Parts(
            self.of[keep],
            self.free[keep],
            place[self.term_of[terms]],
            self.term_from[terms],
            self.term_key[terms],
            self.term_quantity[terms],
        )

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """Node keys at which each part of an arc leaves and arrives."""
        return self.term_key[: self.size], self.term_key[self.size :]


NO_PARTS = Parts(NONE, NONE, NONE, NONE, NONE, np.zeros(0))


def read_marks(case: Any, axes: Axes) -> Marks:
    """The marks of a case and the variants of its materials."""
    frame, terms = table(case, "marks"), table(case, "mark_terms")
    names = tuple(sorted(texts(frame, "mark")))
    bit = {name: 1 << k for k, name in enumerate(names)}
    size = len(axes.materials)
    of, free = np.arange(size), np.zeros(size, dtype=np.int64)
    at = {name: k for k, name in enumerate(axes.materials)}
    for name, (material, without) in variants(case).items():
        of[at[name]], free[at[name]] = at[material], sum(bit[mark] for mark in without)
    traced = np.zeros(size, dtype=np.int64)
    np.bitwise_or.at(traced, of, free)
    traced = traced[of]
    code = {(int(m), int(b)): k for k, (m, b) in enumerate(zip(of, free, strict=True))}
    sets = 1 << len(names)
    found = [[code[int(of[m]), b & int(traced[m])] for b in range(sets)] for m in range(size)]
    mark = np.array([bit[name] for name in texts(terms, "mark")], dtype=np.int64)
    country, facility = texts(terms, "country"), texts(terms, "facility")
    placed = country != ""
    places = np.zeros(len(axes.countries), dtype=np.int64)
    np.bitwise_or.at(places, codes(country[placed], axes.countries), mark[placed])
    plants: dict[str, int] = {}
    for name, one in zip(facility, mark, strict=True):
        plants[name] = plants.get(name, 0) | int(one)
    least = dict(zip(texts(frame, "mark"), numbers(frame, "de_minimis", 0.0), strict=True))
    return Marks(
        names=names,
        of=of,
        free=free,
        traced=traced,
        variant=np.array(found, dtype=np.int64).reshape(size, sets),
        places=places,
        facilities={name: bits for name, bits in plants.items() if name},
        de_minimis=np.array([least[name] for name in names], dtype=float),
    )


def part_activities(
    marks: Marks, axes: Axes, plants: Plants, ways: Activities, price: Floats
) -> tuple[Activities, Parts]:
    """Activities that deliver as clean as they can from any input, and their cleaner parts.

    `price` [USD/kg], by node key, is what a mark's de minimis is judged at.
    """
    if not marks.names:
        return ways, NO_PARTS
    out = ways.term_quantity > 0
    heeded = np.where(out, marks.traced[ways.term_material], _heeded(marks, ways, price))
    made, fed = np.zeros((2, len(ways.plant)), dtype=np.int64)
    np.bitwise_or.at(made, ways.term_of[out], heeded[out])
    np.bitwise_or.at(fed, ways.term_of[~out], heeded[~out])
    put = np.array([marks.facilities.get(name, 0) for name in plants.facility], dtype=np.int64)
    put = (put | marks.places[plants.country])[ways.plant]
    own = made & ~put & ~fed

    def key(free: Any) -> Ints:
        material = marks.variant[ways.term_material, heeded & free]
        at = ways.plant[ways.term_of]
        return axes.key(material, plants.country[at], plants.period[at])

    clean = replace(ways, term_key=key(own[ways.term_of]))
    found = []
    for free in marks.sets:
        can = (free & ~made == 0) & (free & put == 0) & (free & own == own) & (free != own)
        terms = np.flatnonzero(can[ways.term_of])
        keys = (clean.term_key[terms], key(free)[terms])
        found.append((can, free, terms, ways.term_of[terms], *keys, ways.term_quantity[terms]))
    return clean, _joined(found)


def _heeded(marks: Marks, ways: Activities, price: Floats) -> Ints:
    """Marks that each term would pass on as an input: those that are more than de minimis.

    The share is the input's value in that of all outputs; where a price is unknown, it counts.
    """
    worth = np.abs(ways.term_quantity) * price[ways.term_key]
    out = ways.term_quantity > 0
    value = np.bincount(ways.term_of[out], worth[out], minlength=len(ways.plant))[ways.term_of]
    known = (worth > 0) & (value > 0)
    share = np.where(known, worth / np.where(known, value, 1.0), np.inf)
    heeded = np.zeros(len(share), dtype=np.int64)
    for k, least in enumerate(marks.de_minimis):
        heeded |= np.where(share >= least, 1 << k, 0)
    return heeded & marks.traced[ways.term_material]


def part_arcs(marks: Marks, axes: Axes, arcs: Arcs) -> Parts:
    """Cleaner parts of arcs; what enters a country that puts a mark bears it."""
    found = []
    traced = marks.traced[arcs.material]
    here, there = marks.places[arcs.origin], marks.places[arcs.destination]
    for free in marks.sets:
        can = (free & ~traced == 0) & (free & here == 0) & (free & there & ~arcs.free == 0)
        at = np.flatnonzero(can & (free & arcs.free == arcs.free) & (free != arcs.free))
        left = marks.variant[arcs.material[at], free]
        arrived = marks.variant[arcs.material[at], free & ~there[at]]
        leaving = axes.key(left, arcs.origin[at], arcs.period[at])
        arriving = axes.key(arrived, arcs.destination[at], arcs.period[at])
        found.append((at, free, leaving, arriving))
    if not found:
        return NO_PARTS
    of = np.concatenate([at for at, *_ in found])
    frees = np.concatenate([np.full(len(at), free) for at, free, *_ in found])
    ends = [np.concatenate([each[k] for each in found]) for k in (2, 3)]
    return Parts(
        of,
        frees,
        np.tile(np.arange(len(of)), 2),
        np.concatenate([arcs.origin_key[of], arcs.destination_key[of]]),
        np.concatenate(ends),
        np.concatenate([np.full(len(of), -1.0), 1.0 - arcs.loss[of]]),
    )


def _joined(found: list[Any]) -> Parts:
    """Parts of activities, set by set, as one."""
    of, frees, term_of, start = [], [], [], 0
    for can, free, _, way, *_ in found:
        place = np.cumsum(can) - 1 + start
        of.append(np.flatnonzero(can))
        frees.append(np.full(can.sum(), free))
        term_of.append(place[way])
        start += int(can.sum())
    rest = [np.concatenate([each[k] for each in found]) for k in (4, 5, 6)]
    return Parts(np.concatenate(of), np.concatenate(frees), np.concatenate(term_of), *rest)


def blends(marks: Marks, axes: Axes) -> tuple[Ints, Ints]:
    """Node keys (from, to): every variant and the same less one mark it is free of, in each place
    that does not put the mark.
    """
    source, target = [NONE], [NONE]
    for k in range(len(marks.names)):
        variant = np.flatnonzero(marks.free & (1 << k))
        other = marks.variant[variant, marks.free[variant] ^ (1 << k)]
        pair, country = np.nonzero((marks.free[variant][:, None] & marks.places) == 0)
        for t in range(len(axes.periods)):
            period = np.full(len(pair), t)
            source.append(axes.key(variant[pair], country, period))
            target.append(axes.key(other[pair], country, period))
    return np.concatenate(source), np.concatenate(target)


def add_parts(
    program: Program,
    name: str,
    labels: dict[str, np.ndarray],
    whole: Segments,
    parts: Parts,
    words: np.ndarray,
) -> Block | None:
    """Columns `<name>_part` [kt/yr] and rows `<name>_whole`: base + rise - sum(parts) >= 0."""
    if parts.size == 0:
        return None
    element = np.unique(parts.of)
    chosen = {axis: names[parts.of] for axis, names in labels.items()}
    column = program.add_columns(f"{name}_part", {**chosen, "class": words}, "kt/yr")
    rest = {axis: names[element] for axis, names in labels.items()}
    row = program.add_rows(f"{name}_whole", rest, "kt/yr", lower=0.0)
    program.add_terms(row, column, -1.0, "1", row=np.searchsorted(element, parts.of))
    for block, of in whole.parts():
        at = np.searchsorted(element, of)
        mine = np.flatnonzero(
            (at < len(element)) & (element[np.minimum(at, len(element) - 1)] == of)
        )
        program.add_terms(row, block, 1.0, "1", row=at[mine], column=mine)
    return column


def add_waivers(
    program: Program, uses: Uses, block: Block | None, labels: dict[str, np.ndarray]
) -> Block | None:
    """Columns `waived` [kt/yr]: what a user may take of any class, at most its own use."""
    at = uses.waivers
    if len(at) == 0 or block is None:
        return None
    chosen = {axis: words[at] for axis, words in labels.items()}
    column = program.add_columns("waived", chosen, "kt/yr", upper=uses.waived[at])
    row = program.add_rows("waiver", chosen, "kt/yr", lower=0.0)
    program.add_terms(row, column, -1.0, "1")
    owner = uses.pieces.owner
    place = np.searchsorted(at, owner)
    mine = np.flatnonzero((place < len(at)) & (at[np.minimum(place, len(at) - 1)] == owner))
    program.add_terms(row, block, 1.0, "1", row=place[mine], column=mine)
    return column


def free_words(marks: Marks, free: Ints) -> np.ndarray:
    """Sets of marks in words, "no_CHN@no_RUS_owned"."""
    words = [
        "@".join(f"no_{name}" for k, name in enumerate(marks.names) if bits >> k & 1)
        for bits in free
    ]
    return np.array(words, dtype=object)
