"""How are small systems solved without rounding? Elimination, least squares, simplex in fractions.

Nothing here depends on the order of a set or on floating point: the same rows in the same order
give the same fractions everywhere. The solver of `linked` only guesses; what is published comes
from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Row = Mapping[int, "int | Fraction"]
Number = int | Fraction
Form = tuple[Fraction, dict[int, Fraction]]  # constant + Σ coefficient · free variable
ROUNDS = 40  # guesses at the rows that hold, before they are found one by one


def eliminate(
    rows: Sequence[Row], right: Sequence[Number], guessed: frozenset[int] = frozenset()
) -> tuple[dict[int, Form], list[int]] | None:
    """Σ row·x = right as pivots in terms of free variables; None where the rows contradict.

    Also returns which rows were needed: the others follow from them. Rows that are only `guessed`
    come last and give way where they contradict.
    """
    solved: dict[int, Form] = {}
    users: dict[int, set[int]] = {}
    needed = []
    for k in sorted(range(len(rows)), key=lambda k: (k in guessed, len(rows[k]), k)):
        rest, form = _substituted(rows[k], Fraction(right[k]), solved)
        if not form:
            if rest and k not in guessed:
                return None
            continue
        pivot = min(form, key=lambda v: (len(users.get(v, ())), v))
        _solve_for(pivot, rest, form, solved, users)
        needed.append(k)
    return solved, needed


def _substituted(row: Row, rest: Fraction, solved: Mapping[int, Form]) -> Form:
    form: dict[int, Fraction] = {}
    for v, a in row.items():
        if v in solved:
            constant, terms = solved[v]
            rest -= a * constant
            for f, c in terms.items():
                form[f] = form.get(f, Fraction(0)) + a * c
        else:
            form[v] = form.get(v, Fraction(0)) + Fraction(a)
    return rest, {v: a for v, a in form.items() if a}


def _solve_for(
    pivot: int,
    rest: Fraction,
    form: dict[int, Fraction],
    solved: dict[int, Form],
    users: dict[int, set[int]],
) -> None:
    scale = form.pop(pivot)
    constant, terms = rest / scale, {v: -a / scale for v, a in form.items()}
    for other in sorted(users.pop(pivot, ())):
        before, old = solved[other]
        share = old.pop(pivot)
        for v, a in terms.items():
            old[v] = old.get(v, Fraction(0)) + share * a
            if old[v]:
                users.setdefault(v, set()).add(other)
            else:
                del old[v]
                users[v].discard(other)
        solved[other] = (before + share * constant, old)
    solved[pivot] = (constant, terms)
    for v in terms:
        users.setdefault(v, set()).add(pivot)


def solution(rows: Sequence[Row], right: Sequence[Number]) -> dict[int, Fraction] | None:
    """One solution of Σ row·x = right, what is free being zero; None where the rows contradict."""
    found = eliminate(rows, right)
    return None if found is None else {v: constant for v, (constant, _) in found[0].items()}


# --- least squares --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nearest:
    """min ½ Σ weight (v − target)²  subject to  lower ≤ row·v ≤ upper, None being no limit."""

    target: Sequence[Number]
    weight: Sequence[Number]
    rows: Sequence[Row]
    lower: Sequence[Number | None]
    upper: Sequence[Number | None]

    def solve(
        self, guess: Mapping[int, int] | None = None
    ) -> tuple[list[Fraction], list[Fraction]]:
        """The point v and a multiplier for each row: weight (v − target) + Σ multiplier·row = 0.

        A multiplier is ≥ 0 where the upper limit holds, ≤ 0 where the lower does. `guess` maps
        rows thought to hold to the limit that holds (+1 upper, −1 lower). Raises ValueError where
        no point satisfies the rows.
        """
        active = {k: side for k, side in (guess or {}).items() if not self._equation(k)}
        seen = set[tuple[tuple[int, int], ...]]()
        for _ in range(ROUNDS):
            mark = tuple(sorted(active.items()))
            found = None if mark in seen else self._on(active)
            if found is None:
                break
            seen.add(mark)
            point, multiplier = found
            active, done = self._revised(active, point, multiplier)
            if done:
                return point, multiplier
        return self._one_by_one()

    def _on(self, active: Mapping[int, int]) -> tuple[list[Fraction], list[Fraction]] | None:
        """Point and multipliers where exactly the equations and the `active` rows hold."""
        held, bound = [], []
        for k in range(len(self.rows)):
            if self._equation(k) or k in active:
                held.append(k)
                side = self.lower[k] if active.get(k) == -1 else self.upper[k]
                bound.append(side)
        guessed = frozenset(j for j, k in enumerate(held) if k in active)
        return self._held(held, bound, self.target, guessed)

    def _held(
        self,
        held: list[int],
        bound: Sequence[Number | None],
        target: Sequence[Number],
        guessed: frozenset[int] = frozenset(),
    ) -> tuple[list[Fraction], list[Fraction]] | None:
        rows = [self.rows[k] for k in held]
        found = eliminate(rows, bound, guessed)  # type: ignore[arg-type]
        if found is None:
            return None
        forms, needed = found
        point = self._least(forms, target)
        size = range(len(target))
        slope = [Fraction(self.weight[i]) * (target[i] - point[i]) for i in size]
        touched = sorted({v for k in needed for v in rows[k]})
        columns: dict[int, dict[int, Number]] = {v: {} for v in touched}
        for k in needed:
            for v, a in rows[k].items():
                columns[v][k] = a
        solved = solution([columns[v] for v in touched], [slope[v] for v in touched])
        multiplier = [Fraction(0)] * len(self.rows)
        for k, value in (solved or {}).items():
            multiplier[held[k]] = value
        return point, multiplier

    def _least(self, forms: Mapping[int, Form], target: Sequence[Number]) -> list[Fraction]:
        """The nearest point among those that `forms` leave."""
        coupled: dict[int, list[int]] = {}
        for pivot, (_, terms) in forms.items():
            for f in terms:
                coupled.setdefault(f, []).append(pivot)
        rows: list[dict[int, Fraction]] = []
        right: list[Fraction] = []
        for f in sorted(coupled):
            row, rest = {f: Fraction(self.weight[f])}, self.weight[f] * Fraction(target[f])
            for pivot in coupled[f]:
                constant, terms = forms[pivot]
                pull = self.weight[pivot] * terms[f]
                rest += pull * (target[pivot] - constant)
                for g, c in terms.items():
                    row[g] = row.get(g, Fraction(0)) + pull * c
            rows.append({v: a for v, a in row.items() if a})
            right.append(rest)
        free = solution(rows, right) or {}
        point = [Fraction(value) for value in target]
        for f, value in free.items():
            point[f] = value
        for pivot, (constant, terms) in forms.items():
            point[pivot] = constant + sum((c * point[f] for f, c in terms.items()), Fraction(0))
        return point

    def _equation(self, k: int) -> bool:
        return self.lower[k] is not None and self.lower[k] == self.upper[k]

    def _revised(
        self, active: Mapping[int, int], point: list[Fraction], multiplier: list[Fraction]
    ) -> tuple[dict[int, int], bool]:
        """Rows that pull the wrong way dropped and violated ones added; whether there were none."""
        kept = {k: side for k, side in active.items() if multiplier[k] * side >= 0}
        done = len(kept) == len(active)
        for k in range(len(self.rows)):
            if self._equation(k):
                continue
            if side := self._broken(k, point):
                kept[k], done = side, False
        return kept, done

    def _broken(self, k: int, point: Sequence[Fraction]) -> int:
        """+1 where the upper limit of row k is broken, −1 where the lower is, 0 where none is."""
        lower, upper = self.lower[k], self.upper[k]
        value = dot(self.rows[k], point)
        if upper is not None and value > upper:
            return 1
        return -1 if lower is not None and value < lower else 0

    def _one_by_one(self) -> tuple[list[Fraction], list[Fraction]]:
        """Goldfarb and Idnani (1983), dual active set: one violated row at a time, always ends."""
        held: dict[int, int] = {}  # row -> side
        pull: dict[int, Fraction] = {}  # row -> multiplier ≥ 0 of side·row
        point = [Fraction(value) for value in self.target]
        order = sorted(range(len(self.rows)), key=lambda k: (not self._equation(k), k))
        while (new := next((k for k in order if self._broken(k, point)), None)) is not None:
            side = self._broken(new, point)
            bound = self.upper[new] if side == 1 else self.lower[new]
            gained = Fraction(0)
            while True:
                move, change = self._direction(new, side, held)
                slope = side * dot(self.rows[new], move)
                far = side * (dot(self.rows[new], point) - bound)  # type: ignore[operator]
                blocks = [
                    (pull[k] / change[k], k)
                    for k in sorted(held)
                    if change[k] > 0 and not self._equation(k)
                ]
                step, leaving = min(blocks, default=(None, None))
                whole = far / slope if slope else None
                if step is None and whole is None:
                    raise ValueError("no point satisfies the rows")
                full = whole is not None and (step is None or whole <= step)
                length = whole if full else step
                assert length is not None
                if slope:
                    point = [p - length * m for p, m in zip(point, move, strict=True)]
                for k in held:
                    pull[k] -= length * change[k]
                gained += length
                if full:
                    held[new], pull[new] = side, gained
                    break
                assert leaving is not None
                del held[leaving], pull[leaving]
        multiplier = [Fraction(0)] * len(self.rows)
        for k, side in held.items():
            multiplier[k] = side * pull[k]
        return point, multiplier

    def _direction(
        self, new: int, side: int, held: Mapping[int, int]
    ) -> tuple[list[Fraction], dict[int, Fraction]]:
        """Where the point moves along the held rows, and how their multipliers change."""
        target = [Fraction(0)] * len(self.target)
        for v, a in self.rows[new].items():
            target[v] = side * Fraction(a) / self.weight[v]
        rows = sorted(held)
        found = self._held(rows, [0] * len(rows), target)
        assert found is not None
        move, change = found
        # the multipliers of `_held` belong to the rows as written, those here to side·row
        return move, {k: change[k] * held[k] for k in rows}


def dot(row: Row, point: Sequence[Fraction]) -> Fraction:
    """Σ row·point."""
    return sum((a * point[v] for v, a in row.items()), Fraction(0))


# --- linear programs ------------------------------------------------------------------------------


def maximise(
    gain: Sequence[Number], rows: Sequence[Row], right: Sequence[Number], upper: Sequence[Number]
) -> tuple[list[Fraction], list[Fraction]] | None:
    """x and duals y of: max gain·x, rows·x = right, 0 ≤ x ≤ upper. None where nothing satisfies.

    Simplex on the dictionary of the rows with Bland's rule, so it ends. gain − y·rows is ≥ 0 where
    x is at its upper limit, ≤ 0 where it is zero, and 0 between.
    """
    found = eliminate(rows, right)
    if found is None:
        return None
    forms, needed = found
    size = len(gain)
    x = [Fraction(0)] * size
    while True:
        for pivot, (constant, terms) in forms.items():
            x[pivot] = constant + sum((c * x[f] for f, c in terms.items()), Fraction(0))
        below = [i for i in forms if x[i] < 0]
        above = [i for i in forms if x[i] > upper[i]]
        slope = _slopes(forms, gain, size, below, above)
        entering = next((j for j in sorted(slope) if slope[j] > 0 and x[j] < upper[j]), None)
        down = next((j for j in sorted(slope) if slope[j] < 0 < x[j]), None)
        if down is not None and (entering is None or down < entering):
            entering = down
        if entering is None:
            if below or above:
                return None
            break
        _step(forms, x, upper, entering, 1 if slope[entering] > 0 else -1)
    columns: dict[int, dict[int, Number]] = {i: {} for i in forms}
    for k in needed:
        for v, a in rows[k].items():
            if v in columns:
                columns[v][k] = a
    order = sorted(forms)
    y = solution([columns[i] for i in order], [gain[i] for i in order]) or {}
    return x, [y.get(k, Fraction(0)) for k in range(len(rows))]


def _slopes(
    forms: Mapping[int, Form],
    gain: Sequence[Number],
    size: int,
    below: Sequence[int],
    above: Sequence[int],
) -> dict[int, Fraction]:
    """What a unit of each free variable adds: to feasibility first, then to the gain."""
    weigh: dict[int, Number]
    if below or above:
        weigh = {**dict.fromkeys(below, 1), **dict.fromkeys(above, -1)}
        slope = {j: Fraction(0) for j in range(size) if j not in forms}
    else:
        weigh = {i: gain[i] for i in forms}
        slope = {j: Fraction(gain[j]) for j in range(size) if j not in forms}
    for i, w in weigh.items():
        if w:
            for j, c in forms[i][1].items():
                slope[j] += w * c
    return slope


def _step(
    forms: dict[int, Form], x: list[Fraction], upper: Sequence[Number], entering: int, way: int
) -> None:
    """Move the entering variable until something blocks; exchange it with what does."""
    best: Fraction = upper[entering] - x[entering] if way == 1 else x[entering]
    leaving = -1
    for i in sorted(forms):
        rate = forms[i][1].get(entering, Fraction(0)) * way
        if not rate:
            continue
        if rate < 0:
            limit = upper[i] if x[i] > upper[i] else (0 if x[i] >= 0 else None)
        else:
            limit = 0 if x[i] < 0 else (upper[i] if x[i] <= upper[i] else None)
        if limit is None:
            continue
        room = (limit - x[i]) / rate
        if room < best or (room == best and leaving == -1):
            best, leaving = room, i
    x[entering] += way * best
    if leaving == -1:
        return
    x[leaving] += forms[leaving][1][entering] * way * best
    constant, terms = forms.pop(leaving)
    scale = terms.pop(entering)
    new = {v: -a / scale for v, a in terms.items()}
    new[leaving] = 1 / scale
    start = -constant / scale
    for i, (before, old) in list(forms.items()):
        if share := old.pop(entering, None):
            for v, a in new.items():
                total = old.get(v, Fraction(0)) + share * a
                if total:
                    old[v] = total
                else:
                    old.pop(v, None)
            forms[i] = (before + share * start, old)
    forms[entering] = (start, new)
