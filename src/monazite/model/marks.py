"""Which goods are free of which marks? Classes of a material, only where provenance is asked for.

A mark is put on goods by the countries and facilities in the table `mark_terms` and traced in the
materials named there. A traced material then has one variant for each set of marks that somebody
asks to be free of: dy_oxide@no_CHN is dysprosium oxide that no step in China has touched; dy_oxide
may hold any. Sets that nobody asks for are not told apart: a kilogram need only be as free as the
one who will use it asks.

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

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from monazite.model.axes import (
    Axes,
    Floats,
    Ints,
    asked,
    marked,
    numbers,
    table,
    texts,
    variants,
)

if TYPE_CHECKING:
    from monazite.kernel import Block, Program
    from monazite.model.chain import Activities, Plants
    from monazite.model.demand import Uses
    from monazite.model.segments import Segments
    from monazite.model.trade import Arcs

NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Marks:
    """Sets of marks as bits, bit k for names[k]; `sets` are those that somebody asks to be free of.

    By material: `of` (the material of which it is a variant), `free` (marks it is free of) and
    `traced` (marks that matter in it). `surely[material, bits]` is the variant that is free of
    `bits` at least, as far as they are traced, `atmost` the one that claims no more than `bits`;
    where no variant has just these marks the next one on the safe side. `places` and `facilities`
    put marks.
    """

    names: tuple[str, ...]
    sets: tuple[int, ...]
    of: Ints
    free: Ints
    traced: Ints
    surely: Ints
    atmost: Ints
    places: Ints
    facilities: dict[str, int]
    de_minimis: Floats

    @property
    def every(self) -> int:
        """The set of all marks."""
        return (1 << len(self.names)) - 1

    def bits(self, listing: np.ndarray) -> Ints:
        """The set in each cell such as "CHN; RUS_owned"."""
        known = {cell: _bits(self.names, cell.split(";")) for cell in set(listing.tolist())}
        return np.array([known[cell] for cell in listing.tolist()], dtype=np.int64)


def _bits(names: tuple[str, ...], words: Iterable[str]) -> int:
    return sum(1 << names.index(word) for word in {word.strip() for word in words} if word)


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
    frame = table(case, "marks")
    names = tuple(sorted(texts(frame, "mark")))
    size = len(axes.materials)
    at = {name: k for k, name in enumerate(axes.materials)}
    of, free, traced = np.arange(size), *np.zeros((2, size), dtype=np.int64)
    for material, marks in marked(case, "material").items():
        traced[at[material]] = _bits(names, marks)
    for name, (material, without) in variants(case).items():
        of[at[name]], free[at[name]] = at[material], _bits(names, without)
    places = np.zeros(len(axes.countries), dtype=np.int64)
    for country, marks in marked(case, "country").items():
        places[axes.countries.index(country)] = _bits(names, marks)
    least = dict(zip(texts(frame, "mark"), numbers(frame, "de_minimis", 0.0), strict=True))
    surely, atmost = _nearest(of, free, traced[of], 1 << len(names))
    return Marks(
        names=names,
        sets=tuple(sorted(_bits(names, each) for each in asked(case))),
        of=of,
        free=free,
        traced=traced[of],
        surely=surely,
        atmost=atmost,
        places=places,
        facilities={f: _bits(names, marks) for f, marks in marked(case, "facility").items()},
        de_minimis=np.array([least[name] for name in names], dtype=float),
    )


def _nearest(of: Ints, free: Ints, traced: Ints, sets: int) -> tuple[Ints, Ints]:
    """By material and set: the least free variant that holds it, and the freest that it holds."""
    surely, atmost = np.tile(of[:, None], (2, 1, sets))
    for material in np.unique(of[free > 0]):
        own = np.flatnonzero(of == material)
        own = np.array(sorted(own, key=lambda k: int(free[k]).bit_count()))
        for bits in range(1, sets):
            asked_for = bits & int(traced[material])
            above = own[free[own] & asked_for == asked_for]
            below = own[free[own] & ~asked_for == 0]
            # who asks for more than any variant has is not served by less
            surely[own, bits] = above[0] if len(above) else own[-1]
            atmost[own, bits] = below[-1]
    return surely, atmost


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
    at = ways.plant[ways.term_of]

    def keys(free: Ints) -> Ints:
        """Node keys of all terms when each activity runs in the class `free` of it."""
        wanted = heeded & free[ways.term_of]
        taken, given = (table[ways.term_material, wanted] for table in (marks.surely, marks.atmost))
        return axes.key(np.where(out, given, taken), plants.country[at], plants.period[at])

    own = made & ~put & ~fed
    given = marks.atmost[ways.term_material, heeded & own[ways.term_of]]
    short = out & (marks.free[given] != heeded & own[ways.term_of])
    own[ways.term_of[short]] = 0
    clean = replace(ways, term_key=keys(own))
    seen, found = [own], []
    for free in marks.sets:
        part = free & made
        can = (part & put == 0) & (part & own == own)
        for before in seen:
            can &= part != before
        seen.append(np.where(can, part, own))
        terms = np.flatnonzero(can[ways.term_of])
        ends = (clean.term_key[terms], keys(part)[terms])
        found.append((can, part[can], ways.term_of[terms], *ends, ways.term_quantity[terms]))
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
    traced = marks.traced[arcs.material]
    here, there = marks.places[arcs.origin], marks.places[arcs.destination]
    seen, found = [arcs.free], []
    for free in marks.sets:
        part = free & traced
        can = (
            (part & here == 0) & (part & there & ~arcs.free == 0) & (part & arcs.free == arcs.free)
        )
        for before in seen:
            can &= part != before
        seen.append(np.where(can, part, arcs.free))
        at = np.flatnonzero(can)
        left = marks.surely[arcs.material[at], part[at]]
        arrived = marks.atmost[arcs.material[at], part[at] & ~there[at]]
        leaving = axes.key(left, arcs.origin[at], arcs.period[at])
        arriving = axes.key(arrived, arcs.destination[at], arcs.period[at])
        found.append((at, part[at], leaving, arriving))
    if not found:
        return NO_PARTS
    of = np.concatenate([at for at, *_ in found])
    frees = np.concatenate([free for _, free, *_ in found])
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
    if not found:
        return NO_PARTS
    of, term_of, start = [], [], 0
    for can, _, way, *_ in found:
        of.append(np.flatnonzero(can))
        term_of.append((np.cumsum(can) - 1 + start)[way])
        start += int(can.sum())
    frees, *rest = (np.concatenate([each[k] for each in found]) for k in (1, 3, 4, 5))
    return Parts(np.concatenate(of), frees, np.concatenate(term_of), *rest)


def blends(marks: Marks, axes: Axes) -> tuple[Ints, Ints]:
    """Node keys (from, to): every variant and the next that claim less, in each place that puts
    none of its marks.
    """
    source, target = [NONE], [NONE]
    for upper, lower in _steps(marks):
        country = np.flatnonzero(marks.free[upper] & marks.places == 0)
        for t in range(len(axes.periods)):
            period = np.full(len(country), t)
            source.append(axes.key(np.full(len(country), upper), country, period))
            target.append(axes.key(np.full(len(country), lower), country, period))
    return np.concatenate(source), np.concatenate(target)


def _steps(marks: Marks) -> list[tuple[int, int]]:
    """Pairs of variants of a material with none between them."""
    found = []
    for upper in np.flatnonzero(marks.free):
        own = np.flatnonzero(marks.of == marks.of[upper])
        less = [k for k in own if k != upper and marks.free[k] & ~marks.free[upper] == 0]
        for lower in less:
            between = (marks.free[lower] & ~marks.free[k] == 0 for k in less if k != lower)
            if not any(between):
                found.append((int(upper), int(lower)))
    return found


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
