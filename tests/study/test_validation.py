"""The validation page is made from runs; the frozen model answers another year."""

import os
import re
from pathlib import Path

import pytest

from monazite.errors import InputError
from monazite.study.backcast import backcast, tonnages
from monazite.study.licences import HEADING
from monazite.study.validation import page

DOCS = Path(__file__).parents[2] / "docs"
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def _numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def test_the_page_is_what_the_model_says_now():
    """Words are the same, numbers within the last digit shown (processors round apart).

    The section on licences solves a year by month four times: it is made anew by
    `LICENCES=1 pytest tests/study/test_validation.py`, its central run by test_licences.py.
    """
    shown = (DOCS / "validation.md").read_text(encoding="utf-8")
    made = page(None if os.environ.get("LICENCES") else shown[shown.index(HEADING) :])
    assert NUMBER.sub("#", shown) == NUMBER.sub("#", made)
    assert _numbers(shown) == pytest.approx(_numbers(made), rel=2e-2, abs=0.11)


def test_tonnages_of_2023_are_ratios_to_2024():
    """China's mining quota: 255 kt over 270 kt."""
    scenario = tonnages()
    shock = next(s for s in scenario.shocks if s.table == "limits")
    assert shock.multiply["upper"] == pytest.approx(255 / 270)


def test_hindsight_sets_model_beside_reality():
    found = {row["material"]: row for row in backcast().iter_rows(named=True)}
    assert found["ndpr_oxide"]["real_ratio"] == pytest.approx(75 / 55)
    # less use and more clay in 2023: the frozen model must give a lower price of dysprosium
    assert found["dy_oxide"]["model_ratio"] < 1.0


def test_a_year_without_tonnages_is_refused_with_a_place():
    with pytest.raises(InputError, match="tonnages_1999"):
        tonnages(year=1999)
