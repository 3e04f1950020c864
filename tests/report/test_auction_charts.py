"""Drawings of an auction: what is as wide as what, and where steps, dots and lines lie."""

import re

import pytest

from monazite.report import auction_charts as charts
from monazite.report.auction_charts import Place, Steps, Way

ORE, OXIDE, METAL = (Place(name, ("1.00 USD/kg",)) for name in ("ore", "oxide", "metal"))


def ribbons(svg):
    return [float(width) for width in re.findall(r'class="ribbon" stroke-width="([\d.]+)"', svg)]


def left(svg, name):
    """The x of the text of a product's box."""
    return float(re.search(rf'class="strong" x="(\d+)" y="\d+">{name}<', svg)[1])


def test_ribbons_are_as_wide_as_money_and_run_along_the_chain():
    """100 of ore becomes 200 of oxide, 50 of which becomes 60 of metal: 13, 26, 6.5, 7.8 pixels."""
    ways = [Way("S", {"ore": 100.0}, {"oxide": 200.0}), Way("M", {"oxide": 50.0}, {"metal": 60.0})]
    svg = charts.chain([METAL, ORE, OXIDE], ways, "chain")
    assert ribbons(svg) == pytest.approx([13.0, 26.0, 6.5, 7.8])
    assert left(svg, "ore") < left(svg, "oxide") < left(svg, "metal")


def test_freight_both_ways_ends_and_what_is_not_linked_is_left_out():
    """Two places that ship to each other stand somewhere; a product without links does not."""
    ways = [Way("T1", {"ore": 1.0}, {"oxide": 1.0}), Way("T2", {"oxide": 1.0}, {"ore": 1.0})]
    svg = charts.chain([ORE, OXIDE, METAL], ways, "chain")
    assert ">ore<" in svg and ">oxide<" in svg and ">metal<" not in svg
    assert charts.chain([ORE], [], "chain") == ""


def drawn(**changed):
    """Bids 10 for 30 kg and 8 for 10; asks 6 for 20 and 8 for 20; price 8, 40 kg."""
    one = {"caption": "p", "bids": [(8.0, 10.0), (10.0, 30.0)], "asks": [(8.0, 20.0), (6.0, 20.0)],
           "price": 8.0, "bought": 40.0, "sold": 40.0}  # fmt: skip
    return charts.steps(Steps(**(one | changed)))


def points(svg, kind):
    """Corners of a staircase as (x, y)."""
    path = re.search(rf'class="step {kind}" d="([^"]+)"', svg)[1]
    y, found = None, []
    for letter, first, _, second in re.findall(r"([MVH])([\d.]+)( ([\d.]+))?", path):
        if letter == "V":
            y = float(first)
        elif letter == "H":
            found.append((float(first), y))
        elif second:
            y = float(second)
    return found


def test_bids_fall_asks_rise_and_cross_at_the_price():
    """Of 40 kg, 340 - 52 - 8 = 280 pixels: 30 kg ends at 262, 20 at 192; both end at 332."""
    svg = drawn()
    bids, asks = points(svg, "bid"), points(svg, "ask")
    assert [x for x, _ in bids] == pytest.approx([262.0, 332.0])
    assert [x for x, _ in asks] == pytest.approx([192.0, 332.0])
    assert bids[0][1] < bids[1][1]  # a smaller price lies lower
    assert asks[0][1] > asks[1][1]
    line = float(re.search(r'class="at" fill="none" d="M52.0 ([\d.]+)', svg)[1])
    assert bids[1][1] == asks[1][1] == line
    dots = re.findall(r'<circle class="(\w+) knot" cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert [(kind, float(x), float(y)) for kind, x, y in dots] == [
        ("bid", 332.0, line), ("ask", 332.0, line)
    ]  # fmt: skip


def test_dots_stand_apart_where_others_brought_the_difference():
    """40 kg bought, 20 sold by asks: 20 came from conversions."""
    svg = drawn(sold=20.0)
    assert [float(x) for x in re.findall(r'knot" cx="([\d.]+)"', svg)] == [332.0, 192.0]


def test_floor_band_and_names_are_drawn_and_safe():
    svg = drawn(caption="<b>&", floor=7.0, band=(7.0, 9.0))
    assert "<b>" not in svg and "&lt;b&gt;&amp;" in svg
    floor = float(re.search(r'class="floor" fill="none" d="M52.0 ([\d.]+)', svg)[1])
    top, height = re.search(r'class="band" x="52.0" y="([\d.]+)".* height="([\d.]+)"', svg).groups()
    assert float(top) + float(height) == pytest.approx(floor, abs=0.11)
    assert drawn(price=None, bought=0.0, sold=0.0).count("knot") == 0
    assert charts.steps(Steps("p", [], [], None, 0.0, 0.0)) == ""


def test_a_long_curve_keeps_its_ends_and_its_mass():
    """1,000 levels become at most 300; the last step still ends at all the kg."""
    svg = drawn(bids=[(float(k), 1.0) for k in range(1, 1001)], asks=[], bought=0.0, sold=0.0)
    steps = points(svg, "bid")
    assert len(steps) <= charts.MOST_STEPS
    assert steps[-1][0] == pytest.approx(332.0)
