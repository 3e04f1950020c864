"""Does each rule say what its source says: at, below and above its threshold, and unknown?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from monazite.club.chain import missing, needed
from monazite.club.content import (
    Buyer,
    Evidence,
    Need,
    eligibility,
    eligible,
    rows,
    rules,
    verdicts,
)
from monazite.club.content import rule as rule_module
from monazite.club.content.ownership import held
from monazite.club.content.rule import KINDS
from monazite.club.content.verdict import Verdict, figure
from monazite.club.lots import Assay, Claim, Lot, Owner, Parent, Register, Step
from monazite.errors import InputError
from monazite.messages import catalogue

ON = date(2026, 11, 22)
FOUND = Path(rule_module.__file__).parent
LOCAL = (Owner("Public", "AUS", 1_000_000),)
ORE_STEPS = (Step("mining", "AUS", "AUS"),)
OXIDE_STEPS = (Step("separation", "MYS", "AUS"),)
METAL_STEPS = (Step("reduction", "JPN", "JPN"),)
MAGNET_STEPS = tuple(
    Step(name, "JPN", "JPN")
    for name in ("alloying", "powder", "pressing", "sintering", "magnetising")
)


def lot(id: str, kg: int, *parents: tuple[str, int], **more: Any) -> Lot:
    """A lot made in Australia of what it says, with its origin certified."""
    return Lot(
        **{
            "id": id,
            "material": "ore_monazite",
            "grade": "",
            "net_kg": kg,
            "made": date(2026, 1, 1),
            "holder": "M",
            "site": f"site of {id}",
            "operator": f"maker of {id}",
            "operator_country": "AUS",
            "owners": LOCAL,
            "custody": "segregated",
            "parents": tuple(Parent(*one) for one in parents),
            "claims": (Claim("origin", "certified", "auditor"),),
            "value_uusd_per_kg": 1_000_000,
        }
        | more
    )


def ore(id: str = "ore", kg: int = 1000, country: str | None = "AUS", **more: Any) -> Lot:
    steps = (Step("mining", country, "AUS"),)
    assays = (Assay("Nd", 200_000), Assay("Dy", 10_000), Assay("Tb", 0))
    return lot(id, kg, steps=steps, assays=assays, **more)


def oxide(id: str = "oxide", **more: Any) -> Lot:
    pure = (Assay("Nd", 850_000), Assay("Dy", 0), Assay("Tb", 0))
    given = {"material": "ndpr_oxide", "steps": OXIDE_STEPS, "assays": pure}
    return lot(id, 100, ("ore", 1000), **given | more)


def dy_oxide(id: str = "dy", kg: int = 8, country: str = "CHN", **more: Any) -> Lot:
    steps = (Step("mining", "MMR", "CHN"), Step("separation", country, "CHN"))
    given = {"material": "dy_oxide", "steps": steps, "value_uusd_per_kg": 250_000_000}
    pure = (Assay("Dy", 870_000), Assay("Nd", 0), Assay("Tb", 0))
    return lot(id, kg, assays=pure, **given | more)


def metal(id: str = "metal", **more: Any) -> Lot:
    given = {"material": "ndpr_metal", "steps": METAL_STEPS}
    pure = (Assay("Nd", 990_000), Assay("Dy", 0), Assay("Tb", 0))
    return lot(id, 80, ("oxide", 100), assays=pure, **given | more)


def magnet(id: str = "magnet", dy_kg: int = 0, **more: Any) -> Lot:
    """240 kg of magnets worth 100 USD/kg of 80 kg of metal and, if asked, some dysprosium oxide."""
    parents = [("metal", 80), *([("dy", dy_kg)] if dy_kg else [])]
    dy = int(Fraction(dy_kg * 870_000, 240))
    given = {
        "material": "magnet_high_coercivity" if dy_kg else "magnet_standard",
        "steps": MAGNET_STEPS,
        "assays": (Assay("Nd", 300_000), Assay("Dy", dy), Assay("Tb", 0)),
        "value_uusd_per_kg": 100_000_000,
    }
    return lot(id, 240, *parents, **given | more)


CHAIN = (ore(), oxide(), metal(), magnet())


def judge(rule: str, *lots: Lot, of: str = "", on: date = ON, **terms: Any) -> Verdict:
    """The verdict of one rule on the last lot, or on lot `of`, perhaps with other terms."""
    found = rules()[rule]
    if terms:
        phases = tuple(replace(one, terms={**one.terms, **terms}) for one in found.phases)
        found = replace(found, phases=phases)
    return verdicts(Evidence(Register(lots)), of or lots[-1].id, {rule: found}, on).by(rule)


def whys(verdict: Verdict) -> list[tuple[str, str]]:
    return [(one.lot, one.why) for one in verdict.finding.witnesses]


# --- all rules ------------------------------------------------------------------------------------


def test_five_kinds_are_judged_apart_and_custody_beside_them() -> None:
    found = verdicts(Evidence(Register(CHAIN)), "magnet", rules(), ON)
    assert [one.kind for one in found.all] == [*KINDS, "custody"]
    assert [one.state for one in found.all] == [
        *("not_applicable", "met", "met", "met", "not_applicable", "met"),
    ]
    assert found.of("mass").value == 0 and found.of("mass").threshold == Fraction(1, 10)


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_rule_has_sources_words_and_a_function(name: str) -> None:
    rule, words = rules()[name], catalogue()
    assert rule.sources and all(one.section and one.address for one in rule.sources)
    assert f"club.rule.{name}" in words and (FOUND / f"{name}.py").is_file()
    assert {f"club.phase.{one.note}" for one in rule.phases} <= set(words)
    assert {f"club.force.{one.state}" for one in rule.phases} <= set(words)


@pytest.mark.parametrize("rule", sorted(rules()))
@pytest.mark.parametrize("id", ["ore", "oxide", "metal", "magnet"])
def test_every_verdict_keeps_its_version_date_and_reason_in_both_languages(
    rule: str, id: str
) -> None:
    record = judge(rule, *CHAIN, of=id).record()
    assert record["version"] == rules()[rule].version and record["on"] == "2026-11-22"
    assert record["reason"]["en"] and record["reason"]["zh"]
    assert record["reason"]["en"] != record["reason"]["zh"]


@pytest.mark.parametrize("rule", ["club_mass", "dfars_step", "ownership"])
def test_a_parent_outside_the_register_counts_against_the_claim(rule: str) -> None:
    _, *rest = CHAIN
    found = judge(rule, *rest, on=date(2027, 1, 1))
    assert found.state == "not_met" and ("oxide", "stranger") in whys(found)


def test_a_stranger_may_have_been_pure() -> None:
    """500 kg of ore with 20 % Nd, and 500 kg of who knows what: up to 500 of 600 kg."""
    half = replace(oxide(), parents=(Parent("ore", 500), Parent("stranger", 500)))
    assert judge("club_mass", ore(), half).value == Fraction(5, 6)


@pytest.mark.parametrize("rule", ["club_mass", "dfars_step", "ownership"])
def test_a_lot_that_begins_nowhere_counts_against_the_claim(rule: str) -> None:
    found = judge(rule, replace(ore(), steps=()), *CHAIN[1:], on=date(2027, 1, 1))
    assert found.state == "not_met" and ("ore", "no_beginning") in whys(found)


@pytest.mark.parametrize("rule", ["club_mass", "dfars_step", "ownership"])
def test_an_unknown_country_counts_against_the_claim(rule: str) -> None:
    found = judge(rule, ore(country=None), *CHAIN[1:], on=date(2027, 1, 1))
    assert found.state == "not_met" and ("ore", "unknown_step") in whys(found)


@pytest.mark.parametrize("rule", ["club_mass", "dfars_step", "ownership"])
def test_a_lot_used_twice_satisfies_nobody(rule: str) -> None:
    """Whose kilograms the 100 kg of metal were cannot be told, so neither magnet is shown free."""
    twin = magnet("twin", holder="M")
    found = judge(rule, *CHAIN, twin, of="magnet", on=date(2027, 1, 1))
    assert found.state == "not_met" and ("metal", "breach") in whys(found)


@pytest.mark.parametrize("rule", ["club_mass", "dfars_step", "ownership"])
def test_metal_that_comes_from_nothing_counts_against_the_claim(rule: str) -> None:
    rich = replace(metal(), net_kg=200)
    found = judge(rule, ore(), oxide(), rich, magnet(), on=date(2027, 1, 1))
    assert found.state == "not_met" and ("metal", "breach") in whys(found)


def test_a_lot_that_descends_from_itself_satisfies_nobody() -> None:
    a, b = lot("a", 9, ("b", 1), assays=(Assay("Nd", 1),)), lot("b", 9, ("a", 1))
    for rule in ("club_mass", "dfars_step", "ownership"):
        assert judge(rule, b, a, on=date(2027, 1, 1)).state == "not_met"


def test_a_step_left_out_of_the_record_does_not_help() -> None:
    silent = replace(magnet(), steps=MAGNET_STEPS[1:])
    found = judge("dfars_step", *CHAIN[:3], silent)
    assert whys(found) == [("magnet", "missing_step")] and "熔炼" in found.reason("zh")
    assert missing(Register((*CHAIN[:3], silent)))["magnet"] == ("alloying",)
    assert set(needed()["magnet_standard"]) > set(needed()["ndpr_metal"])


def test_steps_are_needed_on_every_path() -> None:
    """Half of the magnet comes of an alloy, half of metal that nobody says was melted."""
    alloy = lot("alloy", 80, material="ndfeb_alloy", steps=(*ORE_STEPS, *OXIDE_STEPS, *METAL_STEPS))
    melted = replace(alloy, steps=(*alloy.steps, MAGNET_STEPS[0]))
    parents = (Parent("metal", 80), Parent("alloy", 80))
    mixed = replace(magnet(), parents=parents, steps=MAGNET_STEPS[1:])
    assert missing(Register((*CHAIN[:3], melted, mixed)))["magnet"] == ("alloying",)


def test_magnets_of_recycled_magnets_may_skip_separation_and_melting() -> None:
    scrap = lot("scrap", 100, material="swarf_standard", steps=(Step("recycling", "USA", "USA"),))
    again = lot("again", 90, ("scrap", 100), material="magnet_standard", steps=MAGNET_STEPS[1:])
    assert missing(Register((scrap, again)))["again"] == ()


# --- value: China's 0.1 % -------------------------------------------------------------------------


def worth(per_kg: int, dy_kg: int = 1) -> tuple[Lot, ...]:
    """Magnets worth 24,000 USD (240 kg at 100) with `dy_kg` of Chinese oxide at `per_kg`."""
    return (*CHAIN[:3], dy_oxide(value_uusd_per_kg=per_kg), magnet(dy_kg=dy_kg))


@pytest.mark.parametrize(
    ("per_kg", "state"),
    [(23_999_999, "met"), (24_000_000, "not_met"), (24_000_001, "not_met")],
)
def test_a_thousandth_of_the_value_is_the_threshold_and_counts(per_kg: int, state: str) -> None:
    """1 kg of oxide at 24 USD is 0.1 % of 24,000 USD: "0.1 % or more" needs a licence."""
    found = judge("china_value", *worth(per_kg))
    assert found.state == state and found.threshold == Fraction(1, 1000)
    assert found.value == Fraction(per_kg, 24_000_000_000)
    assert whys(found) == [("dy", "step")]


def test_a_share_just_below_the_threshold_is_not_shown_as_the_threshold() -> None:
    told = judge("china_value", *worth(23_999_999)).reason("en")
    assert "0.099999996% of its value, below 0.1%" in told


def test_the_parts_of_a_mixture_add_up() -> None:
    """Half of one lot and a quarter of another: 4 kg at 3 USD and 2 kg at 6 USD are 24 USD."""
    one, two = (
        dy_oxide("dy", value_uusd_per_kg=3_000_000),
        dy_oxide("d2", value_uusd_per_kg=6_000_000),
    )
    blend_steps = (Step("reduction", "JPN", "JPN"),)
    blend = lot(
        "blend",
        6,
        ("dy", 4),
        ("d2", 2),
        material="dy_metal",
        steps=blend_steps,
        assays=(Assay("Dy", 800_000), Assay("Nd", 0), Assay("Tb", 0)),
    )
    parents = (Parent("metal", 80), Parent("blend", 6))
    assays = (Assay("Nd", 300_000), Assay("Dy", 20_000), Assay("Tb", 0))
    whole = replace(magnet(dy_kg=1), parents=parents, assays=assays)
    found = judge("china_value", *CHAIN[:3], one, two, blend, whole)
    assert found.value == Fraction(24, 24_000) and found.state == "not_met"
    assert whys(found) == [("dy", "step"), ("d2", "step")]
    half = replace(whole, parents=(Parent("metal", 80), Parent("blend", 3)))
    assays = (Assay("Nd", 300_000), Assay("Dy", 10_000), Assay("Tb", 0))
    found = judge("china_value", *CHAIN[:3], one, two, blend, replace(half, assays=assays))
    assert found.value == Fraction(12, 24_000) and found.state == "met"


def test_an_oxide_is_chinese_where_it_was_separated_not_where_it_was_mined() -> None:
    """Clay from Myanmar separated in China counts, Chinese ore separated in Malaysia does not."""
    abroad = dy_oxide(country="MYS", value_uusd_per_kg=10**9)
    assert judge("china_value", *CHAIN[:3], abroad, magnet(dy_kg=1)).value == 0
    steps = (Step("mining", "CHN", "CHN"), Step("separation", "MYS", "MYS"))
    moved = dy_oxide(steps=steps, value_uusd_per_kg=10**9)
    assert judge("china_value", *CHAIN[:3], moved, magnet(dy_kg=1)).value == 0


def test_what_a_chinese_item_was_made_of_does_not_matter() -> None:
    """Clay that began nowhere: the oxide counts whole, at its own value, and nothing is unknown."""
    clay = lot("clay", 100, material="ore_ionic_clay", assays=(Assay("Dy", 900_000),))
    made = dy_oxide(
        parents=(Parent("clay", 100),),
        steps=(Step("separation", "CHN", "CHN"),),
        value_uusd_per_kg=24_000_000,
    )
    found = judge("china_value", *CHAIN[:3], clay, made, magnet(dy_kg=1))
    assert (found.value, whys(found)) == (Fraction(1, 1000), [("dy", "step")])


def test_neodymium_is_not_in_part_1_of_the_annex() -> None:
    there = replace(oxide(), steps=(Step("separation", "CHN", "CHN"),))
    found = judge("china_value", ore(), there, metal(), magnet(dy_kg=0))
    assert found.state == "not_applicable"
    dear = dy_oxide(country="MYS")
    found = judge("china_value", ore(), there, metal(), dear, magnet(dy_kg=1))
    assert (found.state, found.value) == ("met", 0)


def test_a_listed_item_made_in_china_is_under_the_rule_whole() -> None:
    found = judge("china_value", dy_oxide())
    assert (found.state, found.value) == ("not_met", 1)
    assert judge("china_value", dy_oxide(country="MYS")).state == "not_applicable"
    unknown = replace(dy_oxide(), steps=(Step("separation", None, None),))
    assert judge("china_value", unknown).state == "not_met"


def test_magnets_are_listed_for_the_dysprosium_or_terbium_that_they_hold_or_may_hold() -> None:
    assert judge("china_value", *CHAIN).state == "not_applicable"
    silent = replace(magnet(), assays=(Assay("Nd", 300_000), Assay("Tb", 0)))
    assert judge("china_value", *CHAIN[:3], silent).state != "not_applicable"


def test_unknown_values_count_as_too_much() -> None:
    for lots in (
        worth(24_000_000)[:-2] + (dy_oxide(value_uusd_per_kg=None), magnet(dy_kg=1)),
        worth(1)[:-1] + (magnet(dy_kg=1, value_uusd_per_kg=None),),
    ):
        found = judge("china_value", *lots)
        assert (found.state, found.value) == ("not_met", None)
        assert [why for _, why in whys(found)] == ["no_value"]


def test_dysprosium_from_nowhere_counts_as_chinese() -> None:
    dy = (Assay("Nd", 300_000), Assay("Dy", 4_000), Assay("Tb", 0))
    more = replace(magnet(dy_kg=1), assays=dy)  # 0.96 kg of Dy out of 0.87 kg
    found = judge("china_value", *worth(1)[:-1], more)
    assert found.value is None and found.state == "not_met"


def test_a_mass_balance_book_does_not_show_the_value() -> None:
    booked = replace(magnet(dy_kg=1), custody="mass_balance")
    found = judge("china_value", *worth(1)[:-1], booked)
    assert (found.state, found.value, whys(found)) == ("not_met", None, [("magnet", "custody")])


@pytest.mark.parametrize(
    ("on", "force", "binds"),
    [
        (date(2025, 10, 8), "none", False),
        (date(2025, 10, 9), "announced", False),
        (date(2025, 11, 6), "announced", False),
        (date(2025, 11, 7), "suspended", False),
        (date(2026, 11, 10), "suspended", False),
        (date(2026, 11, 11), "unknown", True),
        (date(2026, 11, 22), "unknown", True),
        (date(2027, 1, 11), "unknown", True),
    ],
)
@pytest.mark.parametrize("rule", ["china_value", "china_technology"])
def test_announcement_61_by_date(rule: str, on: date, force: str, binds: bool) -> None:
    found = judge(rule, *worth(24_000_000), on=on)
    assert (found.force, found.binds, found.state) == (force, binds, "not_met")


def test_the_two_limbs_share_one_annex() -> None:
    value, technology = (rules()[name].terms for name in ("china_value", "china_technology"))
    for part in ("part_1", "part_1_elements", "part_2", "origin"):
        assert value[part] == technology[part]


# --- mass: the club's rule ------------------------------------------------------------------------


def blend(free_kg: int, covered_kg: int, spread: int = 0, **more: Any) -> tuple[Lot, ...]:
    """Oxide of Australian ore blended with oxide of Chinese ore, both 85 % Nd."""
    pure = (Assay("Nd", 850_000, spread),)
    free = lot(
        "free", free_kg, material="ndpr_oxide", steps=(*ORE_STEPS, *OXIDE_STEPS), assays=pure
    )
    steps = (Step("mining", "CHN", "CHN"), *OXIDE_STEPS)
    covered = replace(free, id="covered", net_kg=covered_kg, steps=steps)
    parents = (("free", free_kg), ("covered", covered_kg))
    given = {"material": "ndpr_oxide", "assays": pure, "custody": "controlled_blending"}
    return free, covered, lot("blend", free_kg + covered_kg, *parents, **given | more)


@pytest.mark.parametrize(
    ("free", "covered", "state"),
    [(900_001, 99_999, "met"), (900_000, 100_000, "met"), (899_999, 100_001, "not_met")],
)
def test_a_tenth_of_the_mass_is_the_threshold_and_is_allowed(
    free: int, covered: int, state: str
) -> None:
    found = judge("club_mass", *blend(free, covered))
    assert found.value == Fraction(covered, free + covered) and found.state == state
    assert whys(found) == [("covered", "step")]


def test_the_uncertainty_of_assays_counts_against_the_claim() -> None:
    """9:1 of 85 % ± 1 %: 0.1·86 covered against 0.9·84 free is more than a tenth."""
    found = judge("club_mass", *blend(900, 100, spread=10_000))
    assert found.value == Fraction(86, 86 + 9 * 84) and found.state == "not_met"


def test_each_element_is_weighed_by_its_mass() -> None:
    """70 kg of free Nd and 30 kg of covered Dy: 30 %, whatever the kilograms of the parents."""
    nd = lot(
        "nd", 100, steps=(*ORE_STEPS, *OXIDE_STEPS), assays=(Assay("Nd", 700_000), Assay("Dy", 0))
    )
    dy = lot(
        "dy",
        300,
        steps=(Step("mining", "CHN", None), *OXIDE_STEPS),
        assays=(Assay("Dy", 100_000), Assay("Nd", 0)),
    )
    both = (Assay("Nd", 175_000), Assay("Dy", 75_000))
    mixed = lot("mix", 400, ("nd", 100), ("dy", 300), assays=both, custody="controlled_blending")
    found = judge("club_mass", nd, dy, mixed)
    assert found.value == Fraction(3, 10) and found.state == "not_met"


def test_leaving_an_element_out_of_the_assay_does_not_help() -> None:
    """60 kg of free Nd are stated; 50 of 100 kg with 20 kg of covered Dy at most bring 10."""
    nd = lot(
        "nd", 100, steps=(*ORE_STEPS, *OXIDE_STEPS), assays=(Assay("Nd", 600_000), Assay("Dy", 0))
    )
    steps = (Step("mining", "CHN", None), *OXIDE_STEPS)
    dy = lot("dy", 100, steps=steps, assays=(Assay("Dy", 150_000, 50_000), Assay("Nd", 0)))
    silent = lot(
        "mix",
        150,
        ("nd", 100),
        ("dy", 50),
        assays=(Assay("Nd", 400_000),),
        custody="controlled_blending",
    )
    found = judge("club_mass", nd, dy, silent)
    assert found.value == Fraction(10, 60 + 10) and ("dy", "step") in whys(found)
    free = replace(dy, id="free", steps=(*ORE_STEPS, *OXIDE_STEPS), assays=(Assay("Dy", 200_000),))
    dirty = replace(dy, assays=(Assay("Dy", 200_000), Assay("Nd", 0)))
    parents = (Parent("nd", 100), Parent("dy", 25), Parent("free", 25))
    half = judge("club_mass", nd, dirty, free, replace(silent, parents=parents))
    assert half.value == Fraction(5, 60 + 5)
    stated = replace(silent, assays=(Assay("Nd", 400_000), Assay("Dy", 50_000)))
    assert judge("club_mass", nd, dy, stated).value == Fraction(15, 135) < found.value


def test_shares_run_through_generations() -> None:
    """A tenth of the blend's Nd is covered; half of the next lot is made of it: a twentieth."""
    free, covered, first = blend(900, 100)
    clean = replace(free, id="clean", net_kg=1000)
    given = {"material": "ndpr_oxide", "assays": (Assay("Nd", 850_000),)}
    second = lot(
        "second", 2000, ("blend", 1000), ("clean", 1000), custody="controlled_blending", **given
    )
    assert judge("club_mass", free, covered, first, clean, second).value == Fraction(1, 20)


def two_campaigns(element: str) -> tuple[Lot, ...]:
    """A site that loses 40 kg in one campaign and has 20 kg too many in another: 70 in, 50 out."""
    names = {"Nd", "Dy", "Tb"} - {element}
    none = tuple(Assay(one, 0) for one in sorted(names))
    rich = lot("rich", 100, steps=ORE_STEPS, assays=(Assay(element, 500_000), *none))
    poor = lot("poor", 100, steps=ORE_STEPS, assays=(Assay(element, 200_000), *none))
    given = {"site": "S", "material": "ndpr_oxide", "steps": OXIDE_STEPS}
    little = lot("little", 10, ("rich", 100), assays=(Assay(element, 1_000_000), *none), **given)
    much = lot("much", 40, ("poor", 100), assays=(Assay(element, 1_000_000), *none), **given)
    return rich, poor, little, much


def test_what_one_campaign_loses_does_not_explain_what_another_has_too_much() -> None:
    lots = two_campaigns("Nd")
    assert not Evidence(Register(lots)).breached
    found = judge("club_mass", *lots)
    assert (found.value, whys(found)) == (Fraction(20, 40), [("much", "unexplained")])
    assert judge("club_mass", *lots, of="little").value == 0
    assert judge("dfars_step", *lots, on=date(2026, 12, 31)).state == "met"
    assert judge("dfars_step", *lots, on=date(2027, 1, 1)).state == "not_met"
    listed = replace(lots[3], material="magnet_high_coercivity")
    dysprosium = *two_campaigns("Dy")[:3], replace(two_campaigns("Dy")[3], material=listed.material)
    found = judge("china_value", *dysprosium)
    assert found.value is None and ("much", "unexplained") in whys(found)


def test_joint_products_explain_one_another() -> None:
    """1,000 kg with 15 % Nd and 1 % Dy, taken in halves: 10 kg of Dy are in neither half alone."""
    assays = (Assay("Nd", 150_000), Assay("Dy", 10_000))
    start = lot("start", 1000, steps=ORE_STEPS, assays=assays)
    given = {"site": "S", "steps": OXIDE_STEPS}
    light = lot("light", 150, ("start", 500), assays=(Assay("Nd", 1_000_000),), **given)
    heavy = lot("heavy", 10, ("start", 500), assays=(Assay("Dy", 1_000_000),), **given)
    assert judge("club_mass", start, light, heavy).value == 0


def test_mass_balance_serves_the_mass_rule_and_book_and_claim_does_not() -> None:
    free, covered, mixed = blend(900, 100)
    booked = lot(
        "out", 500, ("free", 500), assays=free.assays, custody="mass_balance", material="ndpr_oxide"
    )
    assert judge("club_mass", free, covered, booked).state == "met"
    claimed = replace(booked, custody="book_and_claim")
    found = judge("club_mass", free, covered, claimed)
    assert (found.state, whys(found)) == ("not_met", [("out", "custody")])


@pytest.mark.parametrize(
    ("level", "state"), [("declared", "not_met"), ("checked", "met"), ("certified", "met")]
)
def test_an_origin_that_is_only_declared_is_not_known(level: str, state: str) -> None:
    said = replace(ore(), claims=(Claim("origin", level, "somebody"),))
    assert judge("club_mass", said, *CHAIN[1:]).state == state


def test_what_holds_no_rare_earths_is_not_under_the_mass_rule() -> None:
    none = tuple(Assay(element, 0) for element in rules()["club_mass"].terms["elements"])
    assert (
        judge("club_mass", lot("iron", 9, material="iron", assays=none)).state == "not_applicable"
    )
    found = judge("club_mass", lot("bag", 9, steps=ORE_STEPS))
    assert (found.state, found.value) == ("not_met", None)


def test_terms_are_data() -> None:
    assert judge("club_mass", *blend(800, 200), at_most_ppm=200_000).state == "met"
    assert judge("club_mass", *blend(800, 200), covered=["RUS"]).value == 0


# --- step: DFARS 252.225-7052 ---------------------------------------------------------------------

LAST, FIRST = date(2026, 12, 31), date(2027, 1, 1)


@pytest.mark.parametrize(
    ("place", "until_2026", "from_2027"),
    [
        ("mining", "met", "not_met"),
        ("separation", "met", "not_met"),
        ("reduction", "met", "not_met"),
    ]
    + [(one.name, "not_met", "not_met") for one in MAGNET_STEPS],
)
def test_until_2026_from_the_melting_on_from_2027_from_the_mine_on(
    place: str, until_2026: str, from_2027: str
) -> None:
    lots = [
        replace(
            one,
            steps=tuple(
                replace(step, country="CHN") if step.name == place else step for step in one.steps
            ),
        )
        for one in CHAIN
    ]
    assert judge("dfars_step", *lots, on=LAST).state == until_2026
    found = judge("dfars_step", *lots, on=FIRST)
    assert (found.state, found.value, found.threshold) == (from_2027, 1, 0)


@pytest.mark.parametrize("country", ["CHN", "RUS", "PRK", "IRN"])
def test_the_covered_countries_are_four(country: str) -> None:
    assert judge("dfars_step", ore(country=country), *CHAIN[1:], on=FIRST).state == "not_met"
    assert judge("dfars_step", ore(country="MMR"), *CHAIN[1:], on=FIRST).state == "met"


def test_one_kilogram_of_covered_ore_spoils_the_whole_magnet() -> None:
    drop = ore("drop", 1, country="CHN")
    mixed = replace(oxide(), parents=(Parent("ore", 999), Parent("drop", 1)))
    found = judge("dfars_step", ore(), drop, mixed, metal(), magnet(), on=FIRST)
    assert (found.state, whys(found)) == ("not_met", [("drop", "step")])
    assert judge("club_mass", ore(), drop, mixed, metal(), magnet()).state == "met"


@pytest.mark.parametrize("id", ["ore", "oxide", "metal", "magnet"])
@pytest.mark.parametrize("model", ["mass_balance", "book_and_claim"])
def test_mass_balance_never_satisfies_the_step_rule(id: str, model: str) -> None:
    lots = [replace(one, custody=model) if one.id == id else one for one in CHAIN]
    for on in (LAST, FIRST):
        found = judge("dfars_step", *lots, of=id, on=on)
        assert (found.state, whys(found)) == ("not_met", [(id, "custody")])
    behind = judge("dfars_step", *lots, on=FIRST)
    assert (behind.state, whys(behind)) == ("not_met", [(id, "custody")])


@pytest.mark.parametrize("material", ["ndfeb_alloy", "blank_standard", "ndpr_metal"])
def test_until_2026_mass_balance_matters_from_the_alloy_on(material: str) -> None:
    """A booked alloy may have been melted anywhere; a booked metal was not melted into one yet."""
    steps = {"ndfeb_alloy": 1, "blank_standard": 4, "ndpr_metal": 0}
    made = (*ORE_STEPS, *OXIDE_STEPS, *METAL_STEPS, *MAGNET_STEPS[: steps[material]])
    assays = (Assay("Nd", 990_000),)
    booked = lot("b", 90, material=material, steps=made, assays=assays, custody="mass_balance")
    rest = MAGNET_STEPS[steps[material] :]
    own = lot("m", 90, ("b", 90), material="magnet_standard", steps=rest, assays=assays)
    state = "met" if material == "ndpr_metal" else "not_met"
    assert judge("dfars_step", booked, own, on=LAST).state == state
    assert judge("dfars_step", booked, own, on=FIRST).state == "not_met"


def test_what_is_unknown_before_the_melting_matters_from_2027_only() -> None:
    lots = replace(ore(), steps=()), *CHAIN[1:]
    assert judge("dfars_step", *lots, on=LAST).state == "met"
    assert judge("dfars_step", *lots, on=FIRST).state == "not_met"


def test_before_2019_there_was_no_rule() -> None:
    assert judge("dfars_step", *CHAIN, on=date(2019, 4, 29)).force == "none"
    assert judge("dfars_step", *CHAIN, on=date(2019, 4, 30)).force == "in_force"


# --- entity: 25 % ---------------------------------------------------------------------------------

TERMS = rules()["ownership"].terms


def owned(*owners: Owner, **more: Any) -> Verdict:
    return judge("ownership", replace(ore(), owners=owners, **more))


@pytest.mark.parametrize(
    ("ppm", "state"), [(249_999, "met"), (250_000, "not_met"), (250_001, "not_met")]
)
def test_a_quarter_is_the_threshold_and_counts(ppm: int, state: str) -> None:
    rest = Owner("Public", "AUS", 1_000_000 - ppm)
    found = owned(Owner("State fund", "CHN", ppm, "government"), rest)
    assert (found.state, found.value) == (state, Fraction(ppm, 1_000_000))


def test_holdings_of_several_add_up() -> None:
    """15 % + 10 % of two governments' companies are 25 %."""
    rest = Owner("Public", "USA", 750_000)
    found = owned(Owner("A", "CHN", 150_000), Owner("B", "RUS", 100_000, "government"), rest)
    assert (found.state, found.value) == ("not_met", Fraction(1, 4))


def test_unknown_shares_count_as_covered() -> None:
    assert owned(Owner("Public", "AUS", 750_001)).state == "met"
    assert owned(Owner("Public", "AUS", 750_000)).state == "not_met"
    assert owned(Owner("Nominee", None, 250_000), Owner("P", "AUS", 750_000)).state == "not_met"
    assert owned().value == 1


def holder(ppm: int, covered_ppm: int) -> tuple[Owner, ...]:
    """An Australian holding with `ppm`, of which `covered_ppm` is Chinese; the rest is local."""
    above = (Owner("Fund", "CHN", covered_ppm), Owner("Local", "AUS", 1_000_000 - covered_ppm))
    return Owner("Holding", "AUS", ppm, owners=above), Owner("Public", "AUS", 1_000_000 - ppm)


@pytest.mark.parametrize(
    ("ppm", "covered", "share"),
    [
        (400_000, 499_999, Fraction(1999996, 10_000_000)),  # a minority holding: multiplied
        (400_000, 500_000, Fraction(2, 5)),  # half or more: one with what it holds
        (249_999, 900_000, Fraction(249_999, 1_000_000)),
    ],
)
def test_tiers_multiply_below_half_and_count_whole_from_half_on(
    ppm: int, covered: int, share: Fraction
) -> None:
    assert held(holder(ppm, covered), TERMS) == share


def test_natural_persons_of_a_covered_nation_do_not_count() -> None:
    person = Owner("A person", "CHN", 900_000, "person")
    assert held((person, Owner("P", "AUS", 100_000)), TERMS) == 0


def test_a_seat_or_a_step_in_a_covered_nation_is_under_its_jurisdiction() -> None:
    assert owned(*LOCAL, operator_country="HKG").value == 1
    assert owned(*LOCAL, operator_country=None).value == 1
    assert owned(*LOCAL, steps=(Step("mining", "CHN", "AUS"),)).value == 1


def test_the_worst_maker_of_the_ancestry_decides() -> None:
    bought = replace(metal(), owners=(Owner("F", "CHN", 300_000), Owner("P", "JPN", 700_000)))
    found = judge("ownership", ore(), oxide(), bought, magnet())
    assert (found.value, whys(found)) == (Fraction(3, 10), [("metal", "owned")])


def test_the_25_percent_rule_by_date() -> None:
    assert judge("ownership", *CHAIN, on=date(2024, 5, 5)).force == "announced"
    assert judge("ownership", *CHAIN, on=date(2024, 5, 6)).force == "in_force"


# --- technology -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "state"), [("JPN", "met"), ("CHN", "not_met"), (None, "not_met")]
)
def test_one_step_abroad_with_chinese_or_unknown_technology_is_enough(
    source: str | None, state: str
) -> None:
    abroad = dy_oxide(steps=(Step("mining", "AUS", "AUS"), Step("separation", "MYS", source)))
    found = judge("china_technology", *CHAIN[:3], abroad, magnet(dy_kg=1))
    assert found.state == state and found.value == (0 if state == "met" else 1)


def test_steps_inside_china_are_left_to_the_rule_on_value() -> None:
    here = dy_oxide(steps=(Step("mining", "CHN", "CHN"), Step("separation", "CHN", "CHN")))
    lots = *CHAIN[:3], here, magnet(dy_kg=1)
    assert judge("china_technology", *lots).state == "met"
    assert judge("china_value", *lots).state == "not_met"


def test_what_the_annex_does_not_name_is_not_under_the_technology_limb() -> None:
    chinese = replace(oxide(), steps=(Step("separation", "MYS", "CHN"),))
    assert judge("china_technology", ore(), chinese).state == "not_applicable"


# --- custody: ISO 22095 ---------------------------------------------------------------------------


def test_a_chain_is_as_strong_as_its_weakest_link() -> None:
    for own, behind, state in [
        ("segregated", "segregated", "met"),
        ("segregated", "controlled_blending", "not_met"),
        ("controlled_blending", "segregated", "met"),
        ("controlled_blending", "mass_balance", "not_met"),
        ("mass_balance", "book_and_claim", "not_met"),
        ("book_and_claim", "mass_balance", "met"),
    ]:
        lots = replace(ore(), custody=behind), replace(oxide(), custody=own)
        assert judge("custody", *lots).state == state, (own, behind)


def test_identity_is_preserved_from_one_source_only() -> None:
    one = replace(oxide(), custody="identity_preserved")
    assert judge("custody", ore(), one).state == "met"
    two = replace(one, parents=(Parent("ore", 500), Parent("other", 500)))
    found = judge("custody", ore(), ore("other"), two)
    assert (found.state, whys(found)) == ("not_met", [("ore", "source"), ("other", "source")])


# --- buyers ---------------------------------------------------------------------------------------

LICENSED = Buyer("Toyo", "JPN", needs=(Need("china_value", "in_force"), Need("ownership")))


def test_a_suspended_rule_does_not_refuse_one_of_unknown_force_does() -> None:
    lots = worth(24_000_000)
    clean = replace(lots[3], operator_country="JPN")  # its step in China remains
    evidence = Evidence(Register((*lots[:3], clean, lots[4])))
    free = Buyer("Toyo", "JPN", needs=(Need("china_value", "in_force"),))
    strict = Buyer("Navy", "USA", needs=(Need("china_value"),))
    table = eligibility(evidence, ["magnet"], [free, strict], rules(), date(2026, 11, 10))
    assert table["Toyo", "magnet"].eligible and not table["Navy", "magnet"].eligible
    later = eligible(evidence, "magnet", free, rules(), date(2026, 11, 11))
    assert [one.why for one in later.refusals] == ["rule"]
    assert "Announcement 61" in later.refusals[0].told("en")


def test_pledges_dates_bans_and_broken_books_refuse_a_lot() -> None:
    buyer = Buyer("Toyo", "JPN", uses=("military",))
    for more, why in [
        ({"lien": "pledged"}, "pledged"),
        ({"available_from": date(2026, 11, 23)}, "not_yet"),
        ({"restrictions": ("use:military",)}, "barred"),
        ({"restrictions": ("country:JPN",)}, "barred"),
    ]:
        found = eligible(Evidence(Register((replace(ore(), **more),))), "ore", buyer, rules(), ON)
        assert [one.why for one in found.refusals] == [why]
        assert found.refusals[0].told("en") != found.refusals[0].told("zh")
    open_ = replace(ore(), available_from=ON, restrictions=("country:RUS", "use:weapons"))
    assert eligible(Evidence(Register((open_,))), "ore", buyer, rules(), ON).eligible
    twice = Register((ore(), ore()))
    assert [one.why for one in eligible(Evidence(twice), "ore", buyer, rules(), ON).refusals] == [
        "breach"
    ]


def test_a_book_gets_a_row_for_each_buyer_and_one_for_all_where_nobody_may_have_a_lot() -> None:
    pledged = replace(ore("pledged"), lien="pledged")
    evidence = Evidence(Register((ore(), pledged, dy_oxide())))
    buyers = [Buyer("Toyo", "JPN"), Buyer("Navy", "USA", needs=(Need("ownership"),))]
    found = eligibility(evidence, ["ore", "pledged", "dy"], buyers, rules(), ON)
    told = {(one.buyer, one.subject): one.eligible for one in rows(found)}
    assert told == {
        ("*", "pledged"): False,
        ("Navy", "dy"): False,
        ("Navy", "ore"): True,
        ("Navy", "pledged"): False,
        ("Toyo", "dy"): True,
        ("Toyo", "ore"): True,
        ("Toyo", "pledged"): False,
    }
    reasons = {(one.buyer, one.subject): one.reason for one in rows(found, "zh")}
    assert "25%" in reasons["Navy", "dy"] and reasons["Toyo", "ore"] == ""


# --- rule files -----------------------------------------------------------------------------------


def test_a_rule_of_the_same_name_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    data = yaml.safe_load((FOUND / "club_mass.yaml").read_text())
    data["terms"]["at_most_ppm"] = 250_000
    data["version"] = "members 1"
    (tmp_path / "club_mass.yaml").write_text(yaml.safe_dump(data))
    changed = rules(tmp_path)
    assert set(changed) == set(rules()) and changed["club_mass"].version == "members 1"
    found = verdicts(Evidence(Register(blend(750, 250))), "blend", changed, ON).of("mass")
    assert found.state == "met" and found.version == "members 1"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("club_mass.yaml", "kind: [", "not a rule file"),
        ("club_mass.yaml", "kind: colour\n", "colour"),
        ("no_such.yaml", "kind: mass\n", "no_such"),
    ],
)
def test_a_file_that_is_no_rule_is_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=told):
        rules(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"version": "2026-11-22"}, "version of its own"),
        ({"terms": {}}, "covered"),
        ({"terms": {"at_most_ppm": "a tenth"}}, "at_most_ppm"),
        ({"phases": [{"from": date(2026, 1, 1), "state": "in_force", "note": "mine"}]}, "mine"),
    ],
)
def test_terms_that_a_rule_cannot_work_with_are_refused(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    data = yaml.safe_load((FOUND / "club_mass.yaml").read_text())
    data |= {"version": "members 1"}
    data["terms"]["at_most_ppm"] = 1
    terms = {**data["terms"], **change["terms"]} if change.get("terms") else change.get("terms")
    data |= change if terms is None else {"terms": terms}
    (tmp_path / "club_mass.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(InputError, match=told):
        rules(tmp_path)


def test_a_copy_of_a_shipped_rule_is_the_shipped_rule(tmp_path: Path) -> None:
    (tmp_path / "club_mass.yaml").write_text((FOUND / "club_mass.yaml").read_text())
    assert rules(tmp_path) == rules()


def test_phases_that_overlap_are_refused(tmp_path: Path) -> None:
    data = yaml.safe_load((FOUND / "dfars_step.yaml").read_text())
    data["phases"][1]["from"] = date(2026, 12, 31)
    (tmp_path / "dfars_step.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(InputError, match="2026-12-31"):
        rules(tmp_path)


def test_a_day_that_no_phase_covers_is_unknown_and_binds() -> None:
    rule = replace(rules()["china_value"], phases=rules()["china_value"].phases[:2])
    assert (rule.on(ON).state, rule.on(ON).binds) == ("unknown", True)


def test_figures_are_shown_in_percent_and_counts_as_counts() -> None:
    assert figure("value", Fraction(1, 1000)) == "0.1%"
    assert figure("value", Fraction(1, 10**9)) == "0.0000001%"
    assert figure("mass", Fraction(1, 3)) == "33.3333%"
    assert figure("value", Fraction(999_999_999, 10**12), near=Fraction(1, 1000)) == "0.0999999999%"
    assert figure("step", Fraction(2)) == "2" and figure("mass", None, "zh") == "不明"
