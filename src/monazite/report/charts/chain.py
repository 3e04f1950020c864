"""The chain from ore to use as a Sankey: who feeds whom, in contained magnet elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from monazite.report import look, marks, statistics
from monazite.report.view import View

TITLE = "chart.chain.title"
SMALLEST = 0.025  # countries below this share of a column are drawn together, to be legible
THINNEST = 0.004  # links below this part of the largest are left out
HEIGHT, PAD, THICK, TOP = 560, 16, 12, 0.91

Node = tuple[str, str]
OTHER = "other"
RETURN = "return"  # stands in place of a country where material leaves for recycling


def build(view: View) -> dict | None:
    """Return the Sankey of `statistics.chain_links`; None where nothing flows along the chain."""
    links = _drawn(_merged(_unrolled(statistics.chain_links(view).iter_rows(named=True))))
    if not links:
        return None
    sizes = _sizes(links)
    columns = sorted({_place(stage) for stage, _ in sizes})
    nodes = [node for column in columns for node in _column(sizes, column)]
    total = {stage: _total(sizes, stage) for stage, _ in nodes}
    position = _positions(sizes, nodes, columns)
    names = {node: _name(view, node) for node in nodes}
    index = {node: i for i, node in enumerate(nodes)}
    ordered = sorted(links.items(), key=lambda item: (index[item[0][0]], index[item[0][1]]))
    sankey = {
        "type": "sankey", "arrangement": "fixed", "valuesuffix": "", "valueformat": ",.3~r",
        "domain": {"x": [0, 1], "y": [0, TOP]},
        "textfont": {"size": 12, "color": look.INK},
        "node": {
            "label": ["" for _ in nodes],
            "customdata": [_place_name(view, n) for n in nodes],
            "x": [position[n][0] for n in nodes], "y": [position[n][1] for n in nodes],
            "color": [_colour(view, n) for n in nodes],
            "pad": PAD, "thickness": THICK, "line": {"width": 0},
            "hovertemplate": view.hover("%{customdata}: %{value:,.3~r}", "kt"),
        },
        "link": {
            "source": [index[a] for (a, _), _ in ordered],
            "target": [index[b] for (_, b), _ in ordered],
            "value": [value for _, value in ordered],
            "color": [look.fade(view.colour(a[1]), 0.38) for (a, _), _ in ordered],
            "hovertemplate": view.hover(
                "%{source.customdata} → %{target.customdata}: %{value:,.3~r}", "kt"),
        },
    }  # fmt: skip
    labels = [
        _label(_share(view, names[n], n, sizes[n] / total[n[0]]), *position[n]) for n in nodes
    ]
    headings = [_heading(view, nodes, c, i, len(columns)) for i, c in enumerate(columns)]
    margin = {"l": 4, "r": 148, "t": 8, "b": 12}
    return {
        "data": [sankey],
        "layout": look.layout(HEIGHT, annotations=[*headings, *labels], margin=margin),
        "wide": 92 * len(columns) + 110,
    }


def _place(stage: str) -> int:
    """Return a stage's place; ore and recycled material begin the chain side by side."""
    return {"recycling": statistics.rank("mining")}.get(stage, statistics.rank(stage))


def _unrolled(rows: Iterable[Mapping]) -> list[tuple[Node, Node, float]]:
    """Cut the loop of recycled material: what flows back ends beside use and begins beside ore.

    Flows inside one stage are left out: they do not leave the column.
    """
    links = []
    for row in rows:
        start, end = (row["stage"], row["country"]), (row["to_stage"], row["to_country"])
        if _place(end[0]) > _place(start[0]):
            links.append((start, end, row["quantity"]))
        elif end[0] != start[0]:
            links.append((start, ("use", RETURN), row["quantity"]))
    return links


def _merged(links: list[tuple[Node, Node, float]]) -> dict[tuple[Node, Node], float]:
    sizes = _sizes({(a, b, i): v for i, (a, b, v) in enumerate(links)})
    total: dict[int, float] = {}
    for (stage, _), value in sizes.items():
        total[_place(stage)] = total.get(_place(stage), 0.0) + value
    small = {n for n, v in sizes.items() if v < SMALLEST * total[_place(n[0])] and n[1] != RETURN}
    merged: dict[tuple[Node, Node], float] = {}
    for a, b, value in links:
        ends = tuple((n[0], OTHER) if n in small else n for n in (a, b))
        merged[ends[0], ends[1]] = merged.get((ends[0], ends[1]), 0.0) + value
    return merged


def _drawn(links: Mapping[tuple[Node, Node], float]) -> dict[tuple[Node, Node], float]:
    """Return the links worth a line; hairlines hide what matters."""
    largest = max(links.values(), default=0.0)
    return {ends: value for ends, value in links.items() if value >= THINNEST * largest}


def _sizes(links: Mapping[tuple, float]) -> dict[Node, float]:
    """Return each node's size: the larger of what enters and what leaves it."""
    enters: dict[Node, float] = {}
    leaves: dict[Node, float] = {}
    for (a, b, *_), value in links.items():
        leaves[a] = leaves.get(a, 0.0) + value
        enters[b] = enters.get(b, 0.0) + value
    return {n: max(enters.get(n, 0.0), leaves.get(n, 0.0)) for n in {*enters, *leaves}}


def _column(sizes: Mapping[Node, float], column: int) -> list[Node]:
    """Return a column's nodes from the top: largest first, the rest and what returns last."""
    nodes = [node for node in sizes if _place(node[0]) == column]
    last = (OTHER, RETURN)
    return sorted(
        nodes,
        key=lambda n: (n[0] == "recycling", last.index(n[1]) + 1 if n[1] in last else 0, -sizes[n]),
    )


def _total(sizes: Mapping[Node, float], stage: str) -> float:
    """Return what passes a stage, without what leaves it for recycling."""
    return sum(v for n, v in sizes.items() if n[0] == stage and n[1] != RETURN) or 1.0


def _share(view: View, name: str, node: Node, share: float) -> str:
    return name if node[1] == RETURN else f"{name} {view.percent(share)}"


def _positions(
    sizes: Mapping[Node, float], nodes: list[Node], columns: list[int]
) -> dict[Node, tuple[float, float]]:
    """Return the middle of every node in the unit square, columns filled from the top."""
    height = HEIGHT * TOP - 20
    groups = {c: [n for n in nodes if _place(n[0]) == c] for c in columns}
    scale = min(
        (height - (len(group) - 1) * PAD) / sum(sizes[n] for n in group)
        for group in groups.values()
    )
    positions = {}
    for i, column in enumerate(columns):
        tall = scale * sum(sizes[n] for n in groups[column]) + PAD * (len(groups[column]) - 1)
        # a narrow stage beside the main stream, such as heavy separation, lies below it
        top, x = (height - tall if tall < 0.5 * height else 0.0), i / max(len(columns) - 1, 1)
        for node in groups[column]:
            tall = scale * sizes[node]
            middle = (top + tall / 2) / height
            positions[node] = (min(max(x, 0.001), 0.999), min(max(middle, 0.001), 0.999))
            top += tall + PAD
    return positions


def _name(view: View, node: Node) -> str:
    if node[1] == RETURN:
        return view.word("stage", RETURN)
    name = view.say("other_countries") if node[1] == OTHER else view.country(node[1])
    recycled = view.say("pair", stage=view.word("stage", "recycling"), country=name)
    return recycled if node[0] == "recycling" else name


def _colour(view: View, node: Node) -> str:
    return look.STAGES["recycling"] if node[1] == RETURN else view.colour(node[1])


def _place_name(view: View, node: Node) -> str:
    return view.say("pair", stage=view.word("stage", node[0]), country=_name(view, node))


def _label(text: str, x: float, y: float) -> dict:
    """Return a node's label at its right; plotly's own would cross the last column's."""
    return {
        "text": text, "x": x, "xref": "paper", "xanchor": "left", "xshift": THICK - 2,
        "y": TOP * (1 - y), "yref": "paper", "yanchor": "middle", "showarrow": False,
        "font": {"size": 11, "color": look.INK}, "bgcolor": "rgba(255,255,255,0.55)",
        "borderpad": 1, "align": "left",
    }  # fmt: skip


def _heading(view: View, nodes: list[Node], column: int, place: int, columns: int) -> dict:
    stages = {stage for stage, _ in nodes if _place(stage) == column}
    stage = "ore_recycling" if "recycling" in stages else min(stages)
    anchor = "left" if place == 0 else "center"
    text = marks.wrap(view.word("stage", stage), 12)
    return {
        "text": f"<b>{text}</b>", "x": place / max(columns - 1, 1),
        "xref": "paper", "y": 1, "yref": "paper", "xanchor": anchor, "yanchor": "top",
        "showarrow": False, "font": {"size": 12, "color": look.INK}, "align": anchor,
    }  # fmt: skip
