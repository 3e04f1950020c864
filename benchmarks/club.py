"""How fast does the club's market clear, beside a generic linear program on the same orders?

    python benchmarks/club.py            one product, linked products, many products with checking
    python benchmarks/club.py --peer     also HiGHS on the raw orders of the first two
    python benchmarks/club.py --smoke    each once at a small size, untimed

Processor seconds of one process with one thread. The peer gets one column an order (first) or a
level (second) and stops at its own answer: no unique price, no shares, no proof.
"""

from __future__ import annotations

import argparse
import os
import sys
from time import process_time

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def one_product(size: int, peer: bool) -> str:
    """Price, volume and every fill of `size` orders of one product, from arrays."""
    import numpy as np

    from monazite.club.shares import share, tie_hash
    from monazite.club.uncross import choose, curve_of, interval, margin

    draw = np.random.default_rng(0)
    sides = [
        (draw.integers(80_000, 120_000, size // 2) * 1000, draw.integers(1, 100, size // 2) * 1000)
        for _ in range(2)
    ]
    group = draw.integers(0, 5000, size // 2)
    begun = process_time()
    bids, asks = (curve_of(limit, kg, 1000) for limit, kg in sides)
    found = interval(bids, asks)
    assert found is not None
    price = choose(*found, 100_000_000, 1000)
    moved = margin(price, bids, asks, {}, {})
    filled = []
    for (limit, kg), on, sign in zip(sides, (moved.bids, moved.asks), (-1, 1), strict=True):
        fill = np.where(sign * (price - limit) > 0, kg, 0)
        at = np.flatnonzero(limit == price)
        names = [str(k) for k in at]
        groups = [str(k) for k in range(5000)]
        fill[at] = share(on, kg[at], group[at], 1000, names, groups, tie_hash("a", "c"))
        filled.append(int(fill.sum()))
    ours = process_time() - begun
    assert filled[0] == filled[1] > 0
    told = f"one product      {size:>9,} orders   clear {ours:6.2f} s"
    if not peer:
        return told
    (bid, bid_kg), (ask, ask_kg) = sides
    cost, upper = np.concatenate([-bid, ask]) / 1e6, np.concatenate([bid_kg, ask_kg]) / 1e3
    rows = np.zeros(size, np.int32)
    signs = np.concatenate([-np.ones(size // 2), np.ones(size // 2)])
    seconds, surplus = by_highs(1, cost, upper, np.arange(size + 1), rows, signs)
    mine = sum(
        float((s * (limit[np.flatnonzero(f)] / 1e6) * f[np.flatnonzero(f)] / 1e3).sum())
        for (limit, _), f, s in zip(sides, _fills(sides, price, moved, group), (1, -1), strict=True)
    )
    assert abs(mine - surplus) < 1e-6 * surplus, (mine, surplus)
    return f"{told}   HiGHS {seconds:6.2f} s   ratio {seconds / ours:5.1f}"


def _fills(sides, price, moved, group):
    """Fills without names: what lies on the limit cut as it stands, for the surplus only."""
    import numpy as np

    for (limit, kg), on, sign in zip(sides, (moved.bids, moved.asks), (-1, 1), strict=True):
        fill = np.where(sign * (price - limit) > 0, kg, 0)
        at = np.flatnonzero(limit == price)
        before = np.concatenate([[0], np.cumsum(kg[at])[:-1]])
        fill[at] = np.clip(on - before, 0, kg[at])
        yield fill


def by_highs(rows, cost, upper, start, index, value):
    """Seconds and surplus of HiGHS with its own defaults on columns from 0 to `upper`."""
    import highspy
    import numpy as np

    begun = process_time()
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = rows, len(cost)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
    lp.row_lower_ = lp.row_upper_ = np.zeros(rows)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = start.astype(np.int32), index
    lp.a_matrix_.value_ = value
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(lp)
    solver.run()
    return process_time() - begun, -solver.getInfo().objective_function_value


def net(seed: int, products: int, levels: int, links: int):
    """Products with `levels` a side, tied by as many conversions and arcs as asked for."""
    import random

    import numpy as np

    from monazite.club.linked import Curve, Link, Net

    rng, draw = random.Random(seed), np.random.default_rng(seed)
    references = [rng.randint(5_000_000, 300_000_000) for _ in range(products)]
    sides = []
    for low, high in ((0.7, 1.15), (0.85, 1.3)):
        curves = []
        for reference in references:
            grid = np.unique((np.linspace(low, high, 3 * levels) * reference).astype(np.int64))
            limits = np.sort(draw.permutation(grid)[:levels])
            curves.append(Curve(limits, draw.integers(1, 50, levels) * 1000))
        sides.append(curves)
    ties = []
    for k in range(links):
        first, *others = rng.sample(range(products), rng.randint(3, 6))
        if k % 2:
            last = others[0]
            freight = max(0, references[last] - references[first]) + rng.randint(-5, 2) * 10**6
            ties.append(
                Link(f"a{k}", {first: -1, last: 1}, freight, rng.randint(1, 200) * 1000, True)
            )
            continue
        terms = {first: -1000, **{other: rng.randint(20, 300) for other in others}}
        value = sum(kg * references[node] for node, kg in terms.items())
        fee = int(value - rng.uniform(-0.1, 0.15) * abs(value))
        ties.append(Link(f"c{k}", terms, fee, rng.randint(5, 400)))
    return Net(references, [None] * products, *sides, [], ties)


def linked_products(products: int, levels: int, links: int, peer: bool) -> str:
    """Prices and quantities of linked products, proved; the median of five draws."""
    from statistics import median

    import numpy as np

    from monazite.club import linked

    linked.clear_net(net(99, 6, 20, 6))  # imports are not timed
    ours, theirs = [], []
    for seed in range(5):
        drawn = net(seed, products, levels, links)
        begun = process_time()
        cleared = linked.clear_net(drawn)
        ours.append(process_time() - begun)
        assert cleared.pulls["price"]
        if not peer:
            continue
        columns = linked._levels(drawn)
        terms = [
            (node, kg, len(link.terms)) for link in drawn.links for node, kg in link.terms.items()
        ]
        sizes = np.array([len(link.terms) for link in drawn.links])
        count = len(columns.node)
        start = np.concatenate([np.arange(count + 1), count + np.cumsum(sizes)])
        seconds, surplus = by_highs(
            products,
            np.concatenate([columns.sign * columns.limit, [link.fee for link in drawn.links]])
            / 1e6,
            np.concatenate([columns.kg, [link.cap for link in drawn.links]]).astype(float),
            start,
            np.concatenate([columns.node, [node for node, _, _ in terms]]).astype(np.int32),
            np.concatenate([columns.sign, [kg for _, kg, _ in terms]]).astype(float),
        )
        exact = float(linked.welfare(drawn, cleared)) / 1e6
        assert abs(exact - surplus) < 1e-6 * max(1.0, abs(exact)), (exact, surplus)
        theirs.append(seconds)
    told = (
        f"linked products  {2 * products * levels:>9,} levels   clear {median(ours):6.2f} s "
        f"({min(ours):.2f} to {max(ours):.2f})"
    )
    if not peer:
        return told
    ratio = median(t / o for t, o in zip(theirs, ours, strict=True))
    return f"{told}   HiGHS {median(theirs):6.2f} s   ratio {ratio:5.1f}"


def many_products(size: int, products: int) -> str:
    """A whole book: cleared with every fill, movement and digest; then checked from its files."""
    import numpy as np

    from monazite.club import Book, Conversion, Order, Product, Rules, clear
    from monazite.club.publish import files_of
    from monazite.club.verify import verify_texts

    draw = np.random.default_rng(0)
    traded = tuple(
        Product(f"p{k:02d}", "x", "EU", lot_kg=1000, tick=10_000, reference=100_000_000)
        for k in range(products)
    )
    limit, lots = draw.integers(8000, 12000, size) * 10_000, draw.integers(1, 50, size)
    at, group, side = (draw.integers(0, n, size) for n in (products, 5000, 2))
    entries = zip(*(part.tolist() for part in (limit, lots, at, group, side)), strict=True)
    orders = tuple(
        Order(f"o{k:07d}", f"m{g}", f"g{g}", ("bid", "ask")[s], f"p{p:02d}", q, price)  # type: ignore[arg-type]
        for k, (price, q, p, g, s) in enumerate(entries)
    )
    recipes = tuple(
        Conversion(
            f"c{k}", f"m{k}", f"g{k}", ((f"p{k:02d}", 1000),), ((f"p{k + 1:02d}", 900),),
            -9_000_000_000, 5000,
        )
        for k in range(0, products // 2, 2)
    )  # fmt: skip
    book, rules = Book("a", traded, orders, recipes), Rules("1", "s")
    begun = process_time()
    found = clear(book, rules)
    cleared = process_time() - begun
    texts = list(files_of(found).values())
    del found
    begun = process_time()
    assert verify_texts(*texts) == []
    checked = process_time() - begun
    return (
        f"many products    {size:>9,} orders   clear {cleared:6.2f} s   "
        f"verify from its files {checked:6.2f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="each once, small, untimed")
    parser.add_argument("--peer", action="store_true", help="also HiGHS on the raw orders")
    given = parser.parse_args()
    if given.smoke:
        one_product(2000, True)
        linked_products(6, 20, 8, True)
        many_products(2000, 10)
        sys.stdout.write("club: one product, linked products, many products: sound\n")
        return
    print(one_product(2_000_000, False), flush=True)
    if given.peer:  # whose time grows with the square: sixteen seconds here, hours above
        print(one_product(50_000, True), flush=True)
    print(linked_products(60, 200, 120, given.peer), flush=True)
    print(many_products(1_000_000, 60), flush=True)


if __name__ == "__main__":
    main()
