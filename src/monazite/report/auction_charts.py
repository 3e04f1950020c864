"""What does an auction look like? Drawings that are part of the page: no script, no network.

`chain` shows where metal went and what it was worth, `steps` bids and asks of one product and the
price at which they meet. Sizes are in CSS pixels; colours come from the page (classes) so that
they follow a dark screen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from monazite.report.look import number

STYLE = """
svg{display:block;max-width:100%;height:auto}svg text{font-size:12px;fill:currentColor}
svg .mild{fill:#55616e}svg .strong{font-weight:600}.grid{display:grid;gap:1.2rem;
grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));margin:.6rem 0}
.grid figure,.wide figure{margin:0}figcaption{font-weight:600;font-size:.95rem}
.box{fill:#f3f6f9;stroke:#8796a5}.ribbon{fill:none;stroke:#5f8fbf;stroke-opacity:.35}
.knot{fill:#1c5d99}.bid{stroke:#0072B2}.ask{stroke:#D55E00}.step{fill:none;stroke-width:2}
.axis{stroke:#b8c2cc}.at{stroke:currentColor;stroke-dasharray:4 3}
.floor{stroke:#c9a227;stroke-width:6;stroke-opacity:.55}
svg .over{text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3px}
.band{fill:#9aa7b5;fill-opacity:.16}.done{fill:#0072B2;fill-opacity:.1}
.key i{display:inline-block;width:1.6em;border-top:3px solid;margin:0 .4em .2em 1.2em}
.key .b{color:#0072B2}.key .a{color:#D55E00}.key .f{color:#c9a227}
@media(prefers-color-scheme:dark){.box{fill:#1d2731;stroke:#5a6b7c}svg .mild{fill:#a3b0bd}
.knot{fill:#7fc4ff}svg .over{stroke:#12181f}.axis{stroke:#4a5866}
.bid{stroke:#5cb8f0}.ask{stroke:#ff9a4d}}
"""
WIDTH, HEIGHT, LEFT, FOOT, HEAD = 340, 190, 52, 26, 8
MOST_STEPS = 300  # of one side; a curve of more levels loses those in between
PAGE_WIDTH, ROW, BOX_WIDTH, BOX_HEIGHT, THICK = 1100, 74, 140, 46, 26.0

Levels = Sequence[tuple[float, float]]  # limit [USD/kg], kg
Scale = Callable[[float], float]


# --- the chain ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A product as it stands on the drawing: its name, its price and how much of it moved."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A conversion or freight that ran: label, and what it took and gave, name -> USD."""

    label: str
    takes: Mapping[str, float]
    gives: Mapping[str, float]


def chain(places: Iterable[Place], ways: Sequence[Way], title: str) -> str:
    """The products that something links, left to right along the chain; ribbons as wide as money.

    Empty where nothing ran.
    """
    linked = {name for way in ways for name in (*way.takes, *way.gives)}
    shown = {one.name: one for one in places if one.name in linked}
    if not ways:
        return ""
    at, height = _laid_out(_ranks(shown, ways), shown)
    most = max(value for way in ways for value in (*way.takes.values(), *way.gives.values()))
    drawn = [_way(way, knot, at, most) for way, knot in zip(ways, _knots(ways, at), strict=True)]
    boxes = [_box(one, *at[one.name]) for one in shown.values()]
    ribbons, labels = ("".join(parts) for parts in zip(*drawn, strict=True))
    return (
        f'<figure><svg viewBox="0 0 {PAGE_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{ribbons}{''.join(boxes)}{labels}</svg></figure>"
    )


def _ranks(names: Iterable[str], ways: Sequence[Way]) -> dict[str, int]:
    """How many steps lead to each product at most; a circle of freight counts once."""
    rank = dict.fromkeys(names, 0)
    for _ in range(len(rank)):
        before = dict(rank)
        for way in ways:
            step = 1 + max((rank[name] for name in way.takes), default=-1)
            for name in way.gives:
                if name not in way.takes and step < len(rank):
                    rank[name] = max(rank[name], step)
        if rank == before:
            break
    return rank


def _laid_out(
    rank: Mapping[str, int], shown: Iterable[str]
) -> tuple[dict[str, tuple[float, float]], int]:
    """Left upper corner of each product's box, and the height of the drawing."""
    columns: dict[int, list[str]] = defaultdict(list)
    for name in sorted(shown):
        columns[rank[name]].append(name)
    tallest = max(map(len, columns.values()))
    room = (PAGE_WIDTH - BOX_WIDTH - 4) / max(len(columns) - 1, 1)
    at = {}
    for k, key in enumerate(sorted(columns)):
        top = (tallest - len(columns[key])) * ROW / 2
        for j, name in enumerate(columns[key]):
            at[name] = (2 + k * room, 14 + top + j * ROW)
    return at, tallest * ROW + 10


def _knots(ways: Sequence[Way], at: Mapping[str, tuple[float, float]]) -> list[tuple[float, float]]:
    """Where the ribbons of a way meet: between what it takes and gives, clear of one another."""
    knots = []
    for way in ways:
        ends = [(at[n][0] + BOX_WIDTH, at[n][1]) for n in way.takes]
        ends += [at[n] for n in way.gives]
        x = (max(at[n][0] for n in way.takes) + BOX_WIDTH + min(at[n][0] for n in way.gives)) / 2
        knots.append([x, sum(y for _, y in ends) / len(ends) + BOX_HEIGHT / 2])
    for a, one in sorted(enumerate(knots), key=lambda pair: pair[1][1]):
        above = [
            y for b, (x, y) in enumerate(knots) if b != a and abs(x - one[0]) < 60 and y <= one[1]
        ]
        if above and one[1] - max(above) < 34:
            one[1] = max(above) + 34
    return [(x, y) for x, y in knots]


def _way(
    way: Way, knot: tuple[float, float], at: Mapping[str, tuple[float, float]], most: float
) -> tuple[str, str]:
    """Ribbons of a way, and its dot with its label."""
    x, y = knot
    ribbons = []
    for side, ends in ((way.takes, BOX_WIDTH), (way.gives, 0)):
        for name, value in side.items():
            far = (at[name][0] + ends, at[name][1] + BOX_HEIGHT / 2)
            middle = (far[0] + x) / 2
            bend = f"{middle:.0f} {far[1]:.0f} {middle:.0f} {y:.0f}"
            path = f"M{far[0]:.0f} {far[1]:.0f}C{bend} {x:.0f} {y:.0f}"
            thick = max(THICK * value / most, 1.5)
            ribbons.append(f'<path class="ribbon" stroke-width="{thick:.1f}" d="{path}"/>')
    label = (
        f'<circle class="knot" cx="{x:.0f}" cy="{y:.0f}" r="4"/>'
        f'<text class="over" x="{x:.0f}" y="{y - 8:.0f}">{escape(way.label)}</text>'
    )
    return "".join(ribbons), label


def _box(one: Place, x: float, y: float) -> str:
    lines = "".join(
        f'<text class="mild" x="{x + 8:.0f}" y="{y + 31 + 14 * k:.0f}">{escape(line)}</text>'
        for k, line in enumerate(one.lines)
    )
    return (
        f'<rect class="box" x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT + 14 * (len(one.lines) - 1):.0f}" rx="4"/>'
        f'<text class="strong" x="{x + 8:.0f}" y="{y + 17:.0f}">{escape(one.name)}</text>{lines}'
    )


# --- bids and asks --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Steps:
    """Bids and asks of one product as (limit, kg), the price, what was bought and sold there."""

    caption: str
    bids: Levels
    asks: Levels
    price: float | None
    bought: float
    sold: float
    floor: float | None = None
    band: tuple[float, float] | None = None


def steps(one: Steps) -> str:
    """Bids falling, asks rising, kg to the right and USD/kg upwards; the price as a broken line.

    What is filled of each side ends in a dot on the price: two dots apart are what conversions and
    freight brought or took.
    """
    bids, asks = _descending(one.bids), _ascending(one.asks)
    if not bids and not asks:
        return ""
    marks = [p for p in (one.price, one.floor) if p is not None]
    low = min(marks + [p for p, _ in (*bids, *asks)])
    high = max(marks + [p for p, _ in (*bids, *asks)])
    pad = max((high - low) * 0.12, abs(high) * 0.02, 1e-9)
    low, high = max(low - pad, min(0.0, low)), high + pad
    most = max(sum(q for _, q in bids), sum(q for _, q in asks), one.bought, one.sold, 1.0)

    def x(kg: float) -> float:
        return LEFT + (WIDTH - LEFT - 8) * kg / most

    def y(price: float) -> float:
        return HEAD + (HEIGHT - HEAD - FOOT) * (high - min(max(price, low), high)) / (high - low)

    parts = [_frame(low, high, most, x, y), _band(one.band, x, y, most)]
    if one.floor is not None:
        parts.append(_level("floor", one.floor, x, y, most))
    for kind, levels in (("bid", bids), ("ask", asks)):
        parts.append(_staircase(kind, levels, x, y))
    if one.price is not None:
        parts.append(_level("at", one.price, x, y, most))
        told = f'x="{x(most):.1f}" y="{y(one.price) - 4:.1f}" text-anchor="end"'
        parts.append(f"<text {told}>{number(one.price)}</text>")
        parts += [
            f'<circle class="{kind} knot" cx="{x(kg):.1f}" cy="{y(one.price):.1f}" r="3.5"/>'
            for kind, kg in (("bid", one.bought), ("ask", one.sold))
            if kg
        ]
    return (
        f"<figure><figcaption>{escape(one.caption)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(one.caption)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _descending(levels: Levels) -> list[tuple[float, float]]:
    return _few(sorted(_summed(levels).items(), reverse=True))


def _ascending(levels: Levels) -> list[tuple[float, float]]:
    return _few(sorted(_summed(levels).items()))


def _summed(levels: Levels) -> dict[float, float]:
    found: dict[float, float] = defaultdict(float)
    for price, kg in levels:
        found[price] += kg
    return found


def _few(levels: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most MOST_STEPS levels: neighbours together, at the price of the first."""
    every = -(-len(levels) // MOST_STEPS) or 1
    parts = [levels[k : k + every] for k in range(0, len(levels), every)]
    return [(part[0][0], sum(kg for _, kg in part)) for part in parts]


def _staircase(kind: str, levels: Levels, x: Scale, y: Scale) -> str:
    if not levels:
        return ""
    reached, path = 0.0, f"M{x(0):.1f} {y(levels[0][0]):.1f}"
    for price, kg in levels:
        reached += kg
        path += f"V{y(price):.1f}H{x(reached):.1f}"
    return f'<path class="step {kind}" d="{path}"/>'


def _frame(low: float, high: float, most: float, x: Scale, y: Scale) -> str:
    foot, right = HEIGHT - FOOT, WIDTH - 8
    prices = "".join(
        f'<text class="mild" x="{LEFT - 6}" y="{y(p) + 4:.0f}" text-anchor="end">{number(p)}</text>'
        for p in (low + (high - low) * 0.08, high - (high - low) * 0.08)
    )
    return (
        f'<path class="axis" fill="none" d="M{LEFT} {HEAD}V{foot}H{right}"/>{prices}'
        f'<text class="mild" x="{right}" y="{HEIGHT - 8}" text-anchor="end">{most:,.0f} kg</text>'
        f'<text class="mild" x="{LEFT}" y="{HEIGHT - 8}">0</text>'
    )


def _band(band: tuple[float, float] | None, x: Scale, y: Scale, most: float) -> str:
    if band is None:
        return ""
    top, bottom = y(band[1]), y(band[0])
    return (
        f'<rect class="band" x="{x(0):.1f}" y="{top:.1f}" width="{x(most) - x(0):.1f}" '
        f'height="{bottom - top:.1f}"/>'
    )


def _level(kind: str, price: float, x: Scale, y: Scale, most: float) -> str:
    return f'<path class="{kind}" fill="none" d="M{x(0):.1f} {y(price):.1f}H{x(most):.1f}"/>'
