"""Numbers are rounded honestly, and colours can be told apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from monazite.report import look


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (257.4, "257"), (56.04, "56.0"), (12345.6, "12,300"), (0.9999, "1.00"),
        (0.00123, "0.00123"), (-4.567, "−4.57"), (0, "0"), (None, "–"),
        (float("nan"), "–"), (99.96, "100"), (-2.9e-14, "0"),
    ],
)  # fmt: skip
def test_number_has_three_digits(value: float | None, text: str) -> None:
    assert look.number(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.614, "61 %"), (0.994, "99.4 %"), (0.9996, "> 99.9 %"), (1.0, "100 %"), (0.0, "0 %"),
     (0.004, "0.4 %"), (0.0001, "< 0.1 %"), (-0.17, "−17 %"), (None, "–")],
)  # fmt: skip
def test_percent_never_rounds_to_all_or_nothing(fraction: float | None, text: str) -> None:
    assert look.percent(fraction) == text
    assert look.percent(fraction, "zh") == text.replace(" %", "%")


@pytest.mark.parametrize(
    ("value", "text"), [(7e-10, "7·10⁻¹⁰"), (9.6e-9, "1·10⁻⁸"), (0, "0"), (0.25, "0.25")]
)
def test_small_numbers_are_powers_of_ten(value: float, text: str) -> None:
    assert look.short(value) == text


def test_plain_drops_empty_decimals() -> None:
    assert [look.plain(v) for v in (60.0, 0.80, 1000.0, 15.2)] == ["60", "0.8", "1,000", "15.2"]


def test_country_keeps_its_colour_and_unknown_ones_get_a_spare() -> None:
    alone, together = look.country_colours(["CHN"]), look.country_colours(["CHN", "XAA", "XAB"])
    assert alone["CHN"] == together["CHN"] == "#D55E00"
    assert len(set(together.values())) == 3


# Machado, Oliveira and Fernandes (2009), IEEE TVCG 15(6), severity 1.0
DEUTERANOPIA = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
PROTANOPIA = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]


def _lab(colour: str, matrix: list[list[float]] | None) -> np.ndarray:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if matrix is not None:
        linear = np.clip(np.array(matrix) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    scaled = xyz @ linear / np.array([0.9505, 1.0, 1.089])
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("matrix", [None, DEUTERANOPIA, PROTANOPIA])
def test_main_countries_differ_for_colour_blind_readers(matrix: list | None) -> None:
    main = ["CHN", "USA", "AUS", "MYS", "JPN", "MMR", "DEU", "VNM"]
    labs = {code: _lab(look.COUNTRIES[code], matrix) for code in main}
    near = {
        (a, b): float(np.linalg.norm(labs[a] - labs[b])) for a, b in itertools.combinations(main, 2)
    }
    assert min(near.values()) > 10, min(near, key=near.get)  # type: ignore[arg-type]


@pytest.mark.parametrize("colour", [*look.COUNTRIES.values(), *look.STAGES.values()])
def test_text_on_a_bar_can_be_read(colour: str) -> None:
    def luminance(code: str) -> float:
        rgb = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    light, dark = sorted((luminance(colour), luminance(look.text_on(colour))), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3.0  # WCAG 2.1, large text and graphics


def test_years_are_as_far_apart_as_they_are() -> None:
    axis = look.time_axis(["2024", "2024", "2030", "2040"])
    assert (axis["type"], axis["tickvals"]) == ("linear", [2024, 2030, 2040])
    assert look.time_axis(["2025-04", "2025-05"]) == {"type": "category"}
    assert look.time_axis(["base"]) == {"type": "category"}


def test_lines_differ_by_more_than_colour() -> None:
    assert len({look.symbol(k)["symbol"] for k in range(6)}) == 6
