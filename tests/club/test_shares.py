"""Does what is shared out sum up, lot by lot and kilogram by kilogram?"""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from monazite.club.shares import share, tie_hash, whole_flows

TIE = tie_hash("a", "c")


@pytest.mark.parametrize("seed", range(200))
def test_shares_sum_to_the_total_within_a_lot_of_pro_rata(seed):
    rng = random.Random(seed)
    lot = rng.choice([1, 5, 10])
    sizes = np.array([lot * rng.randint(1, 9) for _ in range(rng.randint(1, 7))])
    groups = np.array([rng.randint(0, 3) for _ in sizes])
    kg = rng.randint(0, int(sizes.sum()))
    cap = rng.choice([1_000_000, 1_000_000, 300_000, 500_000])
    names = [f"o{k}" for k in range(len(sizes))]
    found = share(kg, sizes, groups, lot, names, list("abcd"), TIE, cap)
    assert found.sum() == kg and (found >= 0).all() and (found <= sizes).all()
    assert (found % lot != 0).sum() <= 1
    for group in set(groups.tolist()):
        quota = Fraction(kg * int(sizes[groups == group].sum()), int(sizes.sum()))
        if cap == 1_000_000:
            assert abs(int(found[groups == group].sum()) - quota) < 2 * lot


def test_large_numbers_are_shared_exactly():
    sizes = np.array([10**12, 10**12, 10**12 - 2])
    found = share(10**12, sizes, np.arange(3), 1, ["a", "b", "c"], ["a", "b", "c"], TIE)
    assert found.sum() == 10**12 and set(found.tolist()) <= {333333333333, 333333333334}


def test_the_tie_is_the_sha256_of_the_json_list():
    import hashlib

    text = '["a","c","墨 \\"x\\""]'
    assert TIE('墨 "x"') == hashlib.sha256(text.encode("utf-8")).hexdigest()


@pytest.mark.parametrize("seed", range(200))
def test_broken_flows_become_whole_and_every_node_still_balances(seed):
    rng = random.Random(seed)
    nodes = rng.randint(2, 5)
    flows = []
    for _ in range(rng.randint(1, 9)):
        tail, head = rng.sample(range(nodes), 2)
        flows.append((tail, head, Fraction(rng.randint(0, 50), rng.randint(1, 7))))

    def net(node, values):
        pairs = zip(flows, values, strict=True)
        return sum(((h == node) - (t == node)) * x for (t, h, _), x in pairs)

    for node in range(nodes):  # what makes each node whole flows to the ground
        left = net(node, [x for _, _, x in flows])
        flows.append((node, nodes, left - (left.numerator // left.denominator)))
    exact = [x for _, _, x in flows]
    whole = whole_flows(flows)
    assert all(abs(x - y) < 1 for x, y in zip(exact, whole, strict=True))
    assert all(net(node, exact) == net(node, whole) for node in range(nodes))
