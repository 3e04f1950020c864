"""Fast tracks: by hand, in sign, at their limits, in any order."""

from typing import Any

import pytest

from monazite.errors import InputError

from .plants import A10, PLAIN, built, built_under, gain

TRACK = {"kind": "fast_track", "name": "track", "projects": ["new"]}
LATE = {"earliest": 2028, "lead": 2.0}


def prices(outcome: Any) -> list[float]:
    return [outcome.price("m", "A", period) for period in outcome.market.axes.periods]


FREE = 2 + 20 * A10


def test_two_years_saved_by_hand() -> None:
    assert prices(built_under(**LATE)) == pytest.approx([6, 6, FREE])
    outcome = built_under({**TRACK, "years": 2}, **LATE)
    assert prices(outcome) == pytest.approx([FREE] * 3)
    assert outcome.market.instruments[0].bound(outcome)
    before = built_under(**LATE)
    for account, change in (("users", (6 - FREE) * (4 + (6 - FREE) / 2)), ("producers", -2.9804)):
        assert gain(outcome, account) - gain(before, account) == pytest.approx(change, abs=1e-4)
    assert outcome.ledger.residual < 1e-9


@pytest.mark.parametrize(
    ("fields", "project", "first"),
    [
        ({"years": 1}, {}, 2027),
        ({"years": 0}, {}, 2028),
        ({"years": 9}, {}, 2026),  # no sooner than it can be decided
        ({"years": 2, "start": 2027}, {}, 2027),  # who waits a year for it gains the other
        ({"years": 2, "start": 2028}, {}, 2028),
        ({"years": 2, "end": 2025}, {}, 2028),
        ({"years": 2, "status": "suspended"}, {}, 2028),
        ({"years": 2, "countries": ["B"], "projects": []}, {}, 2028),
        ({"years": 2, "countries": ["A"], "projects": []}, {}, 2026),
        ({"years": 2}, {"lead": 1.5}, 2027),
        ({"years": 2}, {"status": "committed"}, 2028),
    ],
)
def test_when_a_project_comes(fields: dict, project: dict, first: int) -> None:
    outcome = built_under({**TRACK, **fields}, **{**LATE, **project})
    rows = [(p, b) for p, b in outcome.builds.select("period", "built").rows() if b > 1e-4]
    assert rows[0][0] == str(first)
    for rule in outcome.market.instruments:
        assert rule.bound(outcome) is (first < 2028)


def test_two_tracks_save_as_much_in_any_order() -> None:
    rules = [{**TRACK, "years": 1}, {**TRACK, "name": "other", "years": 1}]
    for asked in (rules, rules[::-1]):
        outcome = built_under(*asked, **LATE)
        assert prices(outcome) == pytest.approx([FREE] * 3)
        assert [rule.bound(outcome) for rule in outcome.market.instruments] == [True, True]


def test_a_surer_project_is_a_larger_one() -> None:
    """0.5 of a size of 1 at even odds; at 0.7 it is 0.7, and no rule makes it less sure."""
    odds = {"size": 1.0, "completion": 0.5}
    assert built(built_under(**odds)) == pytest.approx(0.5)
    for chance, stands in ((0.7, 0.7), (0.3, 0.5)):
        outcome = built_under({**TRACK, "years": 0, "completion": chance}, **odds)
        assert built(outcome) == pytest.approx(stands)
        assert outcome.market.instruments[0].bound(outcome) is (stands > 0.5)


def test_money_makes_projects_surer_and_letters_less_so() -> None:
    """A loan raises 0.3 to 0.6, a letter that comes with 0.5 to 0.45; both together to 0.6."""
    odds = {"size": 1.0, "completion": 0.3}
    grant = {"kind": "grant", "name": "grant", "projects": ["new"], "share": 0.0, **PLAIN}
    grant |= {"completion": 0.6}
    letter = {**grant, "kind": "letter_of_interest", "name": "letter", "probability": 0.5}
    letter |= {"terms": {"kind": "grant"}}
    sizes = [built(built_under(*rules, **odds)) for rules in ([grant], [letter], [letter, grant])]
    assert sizes == pytest.approx([0.6, 0.45, 0.6])
    assert built(built_under({**grant, "end": 2025}, **odds)) == pytest.approx(0.3)
    outcome = built_under(grant, **odds)
    assert outcome.market.instruments[0].bound(outcome)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"projects": ["nwe"]}, "new"), ({"projects": []}, "whom"), ({"years": 1.5}, "whole number")],
)
def test_what_is_refused(fields: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        built_under({**TRACK, "years": 1, **fields}, **LATE)
