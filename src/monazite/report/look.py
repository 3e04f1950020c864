"""How numbers and colours look in every figure and table of the report.

Colours: the eight of Okabe and Ito (2008, "Color Universal Design") for the countries that matter
most in critical minerals, then Tol's muted scheme (2021, technical note SRON/EPS/TN/09-002). A
country has the same colour in every figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from monazite.messages import say

INK, QUIET, RULE, PAPER = "#22262b", "#5c6470", "#d9d6cf", "#ffffff"
REST = "#b4b1a9"
FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "PingFang SC", '
    '"Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'
)
COUNTRIES: Mapping[str, str] = {
    "CHN": "#D55E00", "USA": "#0072B2", "AUS": "#E69F00", "MYS": "#56B4E9", "JPN": "#CC79A7",
    "MMR": "#009E73", "DEU": "#3b3b3b", "VNM": "#F0E442", "KOR": "#44AA99", "FRA": "#332288",
    "IND": "#882255", "BRA": "#117733", "EST": "#7f9fc9", "THA": "#DDCC77", "GBR": "#AA4499",
    "CAN": "#999933", "RUS": "#661100", "rest_of_world": REST, "ROW": REST,
}  # fmt: skip
SPARE = ("#CC6677", "#6699CC", "#997700", "#994455", "#004488", "#BBCC33", "#77AADD", "#EE8866")
STAGES: Mapping[str, str] = {
    "mining": "#2f3a55", "concentration": "#3f4a63", "light_separation": "#4c6390",
    "separation": "#7d6f9c", "heavy_separation": "#6d86b3", "metal": "#8ea6c9",
    "alloy": "#abbfdb", "magnet": "#c6d4e8", "magnets": "#c6d4e8", "finishing": "#dfe7f1",
    "recycling": "#7fb39a", "other": "#a8a59d",
}  # fmt: skip
ITEMS: Mapping[str, str] = {
    "feed": "#c3d0e4", "supply": "#3f4a63", "cost": "#5f7397", "storage": "#8c93a0",
    "rise": "#8fb0a9", "rising_cost": "#8fb0a9", "freight": "#d8c49a", "duty": "#b08d57",
    "export_tax": "#86662f", "scarcity_rent": "#6d3b66", "limit_rent": "#a887a3",
    "quota_rent": "#a887a3", "rent": "#c9b3c6", "residual": "#e0457b", "loss_carried": "#7fb39a",
    "credit": "#a9d0bc", "value": "#d9d6cf",
}  # fmt: skip
BASES: Mapping[str, str] = {
    "reported": "#2f5d8a", "derived": "#7ea6cc", "estimate": "#efc46a", "assumption": "#d55e00",
    "unstated": "#b4b1a9",
}  # fmt: skip
SHAPES: Mapping[str, str] = {"residual": "/", "calibration_residual": "/", "loss_carried": "."}
TICKS = [0, 0.25, 0.5, 0.75, 1]


def country_colours(codes: Iterable[str]) -> dict[str, str]:
    """Return a colour for each country: its own, else a spare one in the order of the codes."""
    colours, spare = {}, 0
    for code in sorted(set(codes)):
        if code not in COUNTRIES:
            colours[code] = SPARE[spare % len(SPARE)]
            spare += 1
        else:
            colours[code] = COUNTRIES[code]
    return colours


def fade(colour: str, alpha: float) -> str:
    """Return the colour `#rrggbb` as `rgba(...)` with this opacity."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def text_on(colour: str) -> str:
    """Return ink or paper, whichever reads better on this colour (WCAG 2.1 relative luminance)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if (luminance + 0.05) ** 2 > 1.05 * 0.066 else PAPER


NOTHING = 1e-9


def number(value: float | None, digits: int = 3) -> str:
    """Return the value with `digits` significant digits, thousands apart; an en dash for None.

    What is smaller than the last digit of a solution (`NOTHING`) is 0.
    """
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) < NOTHING:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    places = digits - 1 - math.floor(math.log10(abs(rounded)))  # 0.9999 became 1.00
    return f"{rounded:,.{max(places, 0)}f}".replace("-", "−")


def plain(value: float | None, digits: int = 3) -> str:
    """Return `number` without trailing zeros after the decimal point: 60, not 60.0."""
    text = number(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(musd: float, lang: str = "en", signed: bool = False) -> str:
    """Return million US dollars as a reader says them, with two digits: USD 1.2 billion, 12 亿美元.

    Chinese counts in 万 (10^4) and 亿 (10^8), not in millions.
    """
    size = abs(float(f"{musd:.2g}"))
    if lang == "zh":
        text = (
            f"{number(size / 100, 2)} 亿美元" if size >= 100 else f"{number(size * 100, 2)} 万美元"
        )
    elif size >= 1000:
        text = f"USD {number(size / 1000, 2)} billion"
    else:
        text = f"USD {number(size, 2)} million"
    sign = "−" if musd < 0 else "+" if signed and size else ""
    return sign + text


UNITS = {
    "USD/kg": "usd_kg", "USD/t": "usd_t", "kt/yr": "kt_yr", "kt": "kt", "t/yr": "t_yr", "t": "t",
    "MUSD": "musd", "MUSD/yr": "musd_yr", "USD": "usd", "kg": "kg", "year": "year",
}  # fmt: skip


def unit(code: str, lang: str = "en") -> str:
    """Return a unit as a reader writes it: USD/kg, 美元/千克. An unknown one stays as it is."""
    return say(f"unit.{UNITS[code]}", lang) if code in UNITS else code


def percent(fraction: float | None, lang: str = "en") -> str:
    """Return a fraction as per cent, with a decimal only where rounding would mislead."""
    if fraction is None or not math.isfinite(fraction):
        return "–"
    value = 100 * fraction
    near = 0 < abs(value) < 1 or 99 < abs(value) < 100
    text = f"{value:.1f}" if near else f"{value:.0f}"
    text = {"100.0": "> 99.9", "0.0": "< 0.1", "-0.0": "< 0.1"}.get(text, text) if near else text
    return text.replace("-", "−") + ("%" if lang == "zh" else " %")


def short(value: float) -> str:
    """Return a very small or large number in words of science: 3·10⁻⁹."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return plain(value, 2)
    power = math.floor(math.log10(abs(value)))
    lead = f"{value / 10**power:.0f}"
    if lead == "10":
        lead, power = "1", power + 1
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{lead}·10{raised}"


def marker(kind: str, colour: str) -> dict:
    """Return a bar's marker: its colour, and a hatch for what the model cannot explain."""
    plain_marker: dict = {"color": colour, "line": {"color": PAPER, "width": 0.5}}
    if kind not in SHAPES:
        return plain_marker
    hatch = {"shape": SHAPES[kind], "fillmode": "overlay", "fgcolor": PAPER, "fgopacity": 0.55,
             "size": 6, "solidity": 0.25}  # fmt: skip
    return {**plain_marker, "pattern": hatch}


def heading(text: str) -> dict:
    """Return an axis title."""
    return {"text": text, "font": {"size": 12, "color": QUIET}, "standoff": 10}


def time_axis(periods: Iterable[object]) -> dict:
    """Return an x axis for periods: true to time where all are years, else one step for each.

    Over 2030, 2035, 2040 after single years a line would otherwise look steeper than it is. Ticks
    stand at the years that were solved; the page leaves some out where they would touch.
    """
    names = list(dict.fromkeys(str(period) for period in periods))
    if not all(len(name) == 4 and name.isdigit() for name in names):
        return {"type": "category"}
    return {
        "type": "linear", "tickmode": "array", "tickvals": [int(name) for name in names],
        "tickformat": "d", "hoverformat": "d", "tickangle": 0, "ticklabeloverflow": "allow",
    }  # fmt: skip


SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down")


def symbol(place: int) -> dict:
    """Return the marker of the line at this place of a list, which not only colour tells apart."""
    return {"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8}


FIT = {"minsize": 11, "mode": "hide"}  # a text that does not fit its bar is left out


def layout(height: int = 380, **more: object) -> dict:
    """Return the plotly layout every figure starts from; keywords replace its entries."""
    axis = {
        "gridcolor": "#eceae5", "linecolor": RULE, "zerolinecolor": "#9a968c", "automargin": True,
        "tickfont": {"color": QUIET}, "fixedrange": True,
    }  # fmt: skip
    base: dict = {
        "height": height,
        "margin": {"l": 8, "r": 16, "t": 6, "b": 40},
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": RULE, "font": {"color": INK, "size": 13}},
        "dragmode": False,
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }
    for key, value in more.items():
        if key in ("xaxis", "yaxis", "margin") and isinstance(value, dict):
            base[key] = {**base[key], **value}
        else:
            base[key] = value
    return base
