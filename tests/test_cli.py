"""Does each command answer, refuse and write as its page says? On small markets where they do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml

import monazite
from monazite.cli import main
from monazite.messages import catalogue

# Two countries, freight 2: on paper A 40/3, B 46/3, flow 8/3 (docs/start.md).
MARKET = {
    "curves.csv": "country,material,intercept,slope\nA,ore,4,1\nB,ore,6,2\n",
    "demand.csv": (
        "country,material,sector,form,intercept,slope\nA,ore,use,linear,20,1\nB,ore,use,linear,30,2\n"
    ),
    "arcs.csv": "material,origin,destination,freight\nore,A,B,2\n",
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command; return its exit status, output and error output."""
    monkeypatch.delenv("MONAZITE_LANG", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def write_tables(folder: Path, tables: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def market(tmp_path: Path) -> Path:
    return write_tables(tmp_path / "two_countries", MARKET)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    worse = MARKET | {"arcs.csv": "material,origin,destination,freight\nore,A,B,-2\nore,A,C,x\n"}
    return write_tables(tmp_path / "broken", worse)


# --- run ------------------------------------------------------------------------------------------


def test_run_prints_proof_and_prices(run: Run, market: Path) -> None:
    status, out, err = run("run", "--case", market)
    assert (status, err) == (0, "")
    assert "Proof of the optimum: primal" in out
    row = next(line for line in out.splitlines() if line.startswith("ore"))
    assert sorted(row.split()[1:]) == ["13.3", "15.3"]


def test_run_shows_what_a_minister_asks_for(run: Run) -> None:
    out = run("run")[1]
    table = out.split("Prices, USD/kg")[1].split("The largest holder")[0]
    cells = [re.split(r"\s{2,}", line.strip()) for line in table.splitlines() if line.strip()]
    rows = {row[0]: row[1:] for row in cells}
    assert rows["Material"][:2] == ["China", "Japan"]
    for oxide in ("NdPr oxide", "Dysprosium oxide", "Terbium oxide"):
        china, japan = (float(cell.replace(",", "")) for cell in rows[oxide][:2])
        assert 0 < china < japan
    assert re.search(r"^Magnet making +China \d\d %", out, re.M)


def test_run_in_chinese(run: Run, market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "价格，美元/千克" in run("run", "--case", market, "--lang", "zh")[1]
    monkeypatch.setenv("MONAZITE_LANG", "zh")
    assert "价格，美元/千克" in run("run", "--case", market)[1]
    assert "Prices, USD/kg" in run("run", "--case", market, "--lang", "en")[1]


def test_the_language_of_one_command_does_not_stay(run: Run, market: Path) -> None:
    run("run", "--case", market, "--lang", "zh")
    assert monazite.messages.language() == "en"


def test_run_json_is_the_record_and_nothing_else(run: Run, market: Path) -> None:
    status, out, _ = run("run", "--case", market, "--json")
    record = json.loads(out)
    assert status == 0
    assert record["case"] == "two_countries"
    assert record["scenario"] == "today"
    assert set(record["certificate"]) == {"primal", "dual", "complementarity", "gap"}
    assert max(abs(value) for value in record["certificate"].values()) <= 1e-6
    assert abs(record["books"]["residual"]) <= 1e-6


def test_run_writes_record_tables_and_report(run: Run, market: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    status, told, _ = run("run", "--case", market, "--out", out, "--csv", "--excel")
    assert status == 0
    prices = pl.read_parquet(out / "tables" / "prices.parquet")
    found = dict(prices.select("country", "price").iter_rows())
    assert found["A"] == pytest.approx(40 / 3, abs=1e-5)
    assert found["B"] == pytest.approx(46 / 3, abs=1e-5)
    assert (out / "tables" / "prices.csv").is_file()
    assert [path.name for path in out.rglob("*.xlsx")] == ["outcome.xlsx"]
    assert json.loads((out / "outcome.json").read_text())["case"] == "two_countries"
    assert "<html" in (out / "report.html").read_text(encoding="utf-8")[:500]
    for name in ("outcome.json", "tables", "report.html"):
        assert str(out / name) in told
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_run_writes_nothing_when_the_report_fails(
    run: Run, market: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("monazite.report.write_report", fail)
    status, _, err = run("run", "--case", market, "--out", tmp_path / "results" / "out")
    assert (status, err) == (
        1,
        "monazite: the system says: disk full; mend that, or choose another place\n",
    )
    assert list((tmp_path / "results").iterdir()) == []


def test_run_keeps_what_else_is_in_the_folder(run: Run, market: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert run("run", "--case", market, "--out", out)[0] == 0
    assert run("run", "--case", market, "--out", out)[0] == 0
    assert (out / "mine.txt").read_text() == "mine"


def test_run_refuses_a_file_as_folder(run: Run, market: Path) -> None:
    status, _, err = run("run", "--case", market, "--out", market / "arcs.csv")
    assert status == 2
    assert "arcs.csv is a file" in err


def test_csv_without_a_place_is_refused(run: Run, market: Path) -> None:
    status, _, err = run("run", "--case", market, "--csv")
    assert status == 2
    assert "--out" in err


def test_an_overlay_changes_the_answer_and_says_so(run: Run, market: Path, tmp_path: Path) -> None:
    dearer = {"arcs.csv": "material,origin,destination,freight\nore,A,B,5\n"}
    overlay = write_tables(tmp_path / "dearer", dearer)
    status, out, _ = run("run", "--case", market, "--overlay", overlay)
    assert status == 0
    assert "overlay: 1" in out
    row = next(line for line in out.splitlines() if line.startswith("ore"))
    # 2p - 24 = 32 - p - 5 - 14 gives p = 37/3
    assert sorted(row.split()[1:]) == ["12.3", "17.3"]


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["validate"], ["run", "--case"]])
def test_every_fault_is_one_line(run: Run, broken: Path, command: list[str]) -> None:
    status, out, err = run(*command, broken)
    assert (status, out) == (2, "")
    places = [":".join(line.split(":")[:3]) for line in err.splitlines()]
    assert places[:2] == ["arcs.csv:2:freight", "arcs.csv:3:freight"]
    assert "Traceback" not in err


def test_refused_input_writes_nothing(run: Run, broken: Path, tmp_path: Path) -> None:
    assert run("run", "--case", broken, "--out", tmp_path / "out")[0] == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["run", "todya"], "today"),
        (["run", "--case", "rare_earth"], "rare_earths"),
        (["compare", "today", "toady"], "today"),
        (["cite", "--case", "rare_erths"], "rare_earths"),
    ],
)
def test_an_unknown_name_gets_the_nearest(run: Run, arguments: list[str], near: str) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert re.search(rf"\b{near}\b", err)


def test_an_unknown_language_is_refused(run: Run, market: Path) -> None:
    status, _, err = run("run", "--case", market, "--lang", "tlh")
    assert status == 2
    assert "tlh" in err


def test_no_traceback_reaches_a_person(broken: Path) -> None:
    command = [sys.executable, "-m", "monazite", "run", "--case", str(broken)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.startswith("arcs.csv:2:freight")


# --- the other commands ---------------------------------------------------------------------------


def test_validate_says_how_much_it_read(run: Run, market: Path) -> None:
    assert run("validate", market) == (0, "two_countries: 3 tables, 5 rows, no fault\n", "")


def test_template_holds_every_table_and_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    from monazite.data.schema import tables

    folder = tmp_path / "new"
    assert run("template", folder)[0] == 0
    assert {path.stem for path in folder.glob("*.csv")} == set(tables())
    before = (folder / "arcs.csv").read_text()
    status, _, err = run("template", folder)
    assert status == 2
    assert "not empty" in err
    assert (folder / "arcs.csv").read_text() == before


def test_cases_and_scenarios_are_listed(run: Run) -> None:
    assert "rare_earths" in run("cases")[1]
    assert "today" in run("scenarios")[1]


def test_compare_needs_two(run: Run) -> None:
    assert run("compare", "today")[0] == 2


def test_compare_puts_scenarios_side_by_side(run: Run, market: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "dear_road.yaml"
    shock = "{table: arcs, where: {material: ore}, set: {freight: 5}}"
    scenario.write_text(f"name: dear_road\nshocks: [{shock}]\n", encoding="utf-8")
    status, out, _ = run("compare", "today", scenario, "--case", market)
    assert status == 0
    assert re.search(r"^Name +Place +today +dear_road$", out, re.M)
    # most is used in B, where 46/3 rises to 52/3: 13 % more
    assert re.search(r"^ore +B +15\.3 +17\.3 \(\+13 %\)$", out, re.M)
    # use: A 20/3 + B 22/3 = 14 before, A 23/3 + B 19/3 = 14 after
    assert re.search(r"^ore +World +14\.0 +14\.0$", out, re.M)


def test_cost_shows_the_price_and_its_parts(run: Run) -> None:
    price = monazite.run("today").price("magnet_standard", "DEU")
    status, out, _ = run("cost", "--grade", "standard", "--place", "DEU")
    assert status == 0
    assert f"costs {price:.2f} USD in Germany" in out
    last = next(line for line in out.splitlines() if line.startswith("Price"))
    assert last.split()[-1] == f"{price:.2f}"
    assert re.search(r"^\d+ g NdPr oxide ", out, re.M)


def test_reconcile_shows_what_moved_most_and_writes_all(run: Run, tmp_path: Path) -> None:
    status, out, _ = run("reconcile", "--out", tmp_path / "all.csv")
    written = pl.read_csv(tmp_path / "all.csv")
    assert status == 0
    assert written["key"][0] in out
    moved = written["difference"].abs().drop_nulls()
    assert moved[0] == moved.max() and moved.len() > 500
    assert written.filter(key="ndpr_lynas")["raw"].to_list() == [5.655]


def test_calibrate_makes_the_shipped_case_again(run: Run, tmp_path: Path) -> None:
    assert run("calibrate", "--out", tmp_path / "again")[0] == 0
    again = monazite.Case.from_folder(tmp_path / "again")
    shipped = monazite.builtin("rare_earths")
    assert set(again.stated) == set(shipped.stated)
    made, kept = again.table("prices"), shipped.table("prices")
    assert made["price"].to_list() == pytest.approx(kept["price"].to_list(), rel=1e-6)


def test_export_names_rows_and_columns(run: Run, market: Path, tmp_path: Path) -> None:
    for ending in ("lp", "mps"):
        file = tmp_path / f"program.{ending}"
        status, out, _ = run("export", "today", file, "--case", market)
        assert status == 0
        assert str(file) in out
        assert "balance" in file.read_text()
        assert "flow" in file.read_text()


def test_export_refuses_another_ending(run: Run, market: Path, tmp_path: Path) -> None:
    status, _, err = run("export", "today", tmp_path / "program.txt", "--case", market)
    assert status == 2
    assert ".mps" in err
    assert not (tmp_path / "program.txt").exists()


def test_cite_names_version_and_sources(run: Run) -> None:
    status, out, _ = run("cite")
    assert status == 0
    assert f"version {monazite.__version__}" in out
    assert "Mineral Commodity Summaries" in out


# --- what the commands say ------------------------------------------------------------------------


def test_every_text_is_used_and_every_used_text_exists(project: Path) -> None:
    folder = project / "src" / "monazite"
    area = [key for key in catalogue() if key.startswith("cli.")]
    files = [*sorted((folder / "cli").glob("*.py")), *sorted(folder.glob("terminal*.py"))]
    source = "".join(file.read_text(encoding="utf-8") for file in files)
    used = set(re.findall(r"[\"'](cli\.[a-z_.]+)[\"']", source))
    assert used <= set(area)
    # the others are put together from a word in quotes: helped("run"), say(f"cli.column.{name}")
    words = set(re.findall(r'"(\w+)"', source))
    others = [key for key in set(area) - used if key.startswith("cli.")]
    assert {key.split(".")[1] for key in others} <= {"help", "column", "title"}
    # and of a beginning: say(f"cli.column.cash_{name}")
    begun = {"", *re.findall(r"(?:cli\.\w+\.|helped\(f\")([a-z_]+_){", source)}
    put = {first + word for first in begun for word in words}
    assert {key.split(".")[2] for key in others} <= put


def test_both_languages_have_the_same_places_to_fill(project: Path) -> None:
    file = project / "src" / "monazite" / "messages" / "cli.yaml"
    for key, texts in yaml.safe_load(file.read_text(encoding="utf-8")).items():
        english, chinese = (set(re.findall(r"{(\w+)}", texts[code])) for code in ("en", "zh"))
        assert english == chinese, key


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """C mines 4 kt for B, who builds 1 kt for certain at 5 USD per kg/yr from 2026 on."""
    mine = {"technology": "mine", "cost": 2.0, "stage": "mining"}
    project = {"facility": "own", "status": "committed", "capex": 5.0, "size": 1.0}
    tables = {
        "materials": [{"material": "m", "stage": "mining"}],
        "facilities": [
            {"facility": "old", "country": "C", "capacity": 4.0, **mine},
            {"facility": "own", "country": "B", "capacity": 0.0, "status": "planned", **mine},
        ],
        "recipes": [{"technology": "mine", "material": "m", "direction": "out", "quantity": 1.0}],
        "demand": [{"country": "B", "material": "m", "intercept": 10.0, "slope": 1.0}],
        "arcs": [{"material": "m", "origin": "C", "destination": "B"}],
        "projects": [{"earliest": 2026, "life": 10.0, **project}],
    }
    folder = tmp_path_factory.mktemp("closed")
    monazite.Case.from_tables(tables, "closed").write(folder)
    return folder


def test_projects_tells_what_each_earns(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """p = 5: 3 a year for ten years at 10 % is 18.4, less 5."""
    out = tmp_path / "projects.csv"
    asked = ["projects", "today", "--case", str(closed), "--years", "2026,2027"]
    assert main([*asked, "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert re.search(r"own +1\.00 +5\.00 +100 % +13\.4 +59 % +2\.00 +2\.81 +5\.00", told), told
    assert "own" in out.read_text(encoding="utf-8")
    assert main([*asked, "--lang", "zh"]) == 0
    assert "激励价格" in capsys.readouterr().out


def test_independence_tells_what_is_served(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 4 kt at 6 in 2025 nothing is left; of 5 at 5 from 2026 on 1 kt at 9, 1.5 times 6."""
    out = tmp_path / "free.csv"
    asked = ["independence", "today", "--case", str(closed), "--members", "B", "--without", "C"]
    assert main([*asked, "--years", "2025:2027", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert re.search(r"m +0 % +20 % ×1\.5 +20 % ×1\.5( +never){4}", told), told
    assert "2026 mining" in told and out.is_file()
    assert main([*asked[:-1], "B"]) == 2
    assert "B is a member" in capsys.readouterr().err
    plain = ["independence", "today", "--case", str(closed)]
    assert main([*plain, "--club", "today"]) == 2
    assert "today has no club" in capsys.readouterr().err
    assert main([*plain, "--club", "club", "--members", "B"]) == 2
    assert "not both" in capsys.readouterr().err


def test_a_club_is_named_by_its_scenario() -> None:
    from monazite.study.independence import members_of

    assert members_of("club") == ("USA", "AUS", "JPN", "KOR", "MYS", "THA")


def test_years_are_asked_for_on_the_command_line(
    closed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "today", "--case", str(closed), "--years", "2025,2026"]) == 0
    assert re.search(r"In 202[56] most, of 2 periods: old", capsys.readouterr().out)
    assert main(["run", "today", "--foresight", "static"]) == 2
    assert main(["run", "today", "--years", "2025,2026", "--foresight", "wild"]) == 2
    assert "wild" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["years", "--years", "2025,2026", "--stops", "2031"], "--stops: 2031 is none of"),
        (["years", "--years", "2025,2026", "--members", "Z"], "--members: Z is no country"),
        (["independence", "--years", "2025,2026", "--members", "B", "--without", "Z"],
         "--without: Z is no country of the case; use one of: B, C"),
        (["projects", "--years", ""], '--years: "" names no years'),
        (["run", "--years", "2026:2025"], "--years: 2026:2025 does not fit"),
        (["claims", "--only", "A-08", "--years", "abc"], "--years: abc names no years"),
        (["regret", "six_mixes", "--years", "2024,abc"], "--years: 2024,abc names no years"),
    ],
)  # fmt: skip
def test_names_and_years_that_do_not_fit_are_told_in_one_line(
    closed: Path, command: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = [] if command[0] in ("claims", "regret") else ["--case", str(closed)]
    assert main([*command, *where]) == 2
    found = capsys.readouterr().err.strip().splitlines()
    assert len(found) == 1 and found[0].startswith(told), found


def test_a_tax_above_the_whole_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cashflow", "finance_2026", "--tax", "2"]) == 2
    assert "--tax" in capsys.readouterr().err


def test_years_tells_who_holds_what_and_what_a_stop_costs(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """C stops: of 4 kt nothing is left (4 (10 - 2) - 4 * 2 = 24); of 5 kt 1 (4 * 7 - 4 * 2)."""
    asked = ["years", "today", "--case", str(closed), "--members", "B", "--commercial", "0"]
    assert main([*asked, "--years", "2025:2027", "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert re.search(r"C 100/100 1\.00 +C 80/80 0\.68 +C 80/80 0\.68", told), told
    assert re.search(r"2025 .* 100 % +24\.0", told) and re.search(r"2027 .* 80 % +20\.0", told)
    written = {file.stem for file in (tmp_path / "out").iterdir()}
    assert written == {
        *("shares", "concentration", "stops", "cover", "capacity", "idle", "closures", "deposits"),
        "old_scrap",
    }
    assert main([*asked, "--years", "2025:2027", "--stops", "2026", "--lang", "zh"]) == 0
    assert "停产方" in capsys.readouterr().out


def test_support_tells_the_cost_of_a_tonne(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A credit of 0.5 on the kg that B makes anyway from 2026 on: 0.5 a year, and no tonne more."""
    scenario = tmp_path / "paid.yaml"
    scenario.write_text(
        "instruments:\n"
        "  - {kind: production_credit, materials: [m], countries: [B], specific: 0.5}\n",
        encoding="utf-8",
    )
    asked = ["support", str(scenario), "--case", str(closed), "--years", "2025:2027"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert re.search(r"Payments by treasuries +1\.00 +0\.930", told), told
    assert re.search(r"m +2\.00 .*–", told), told
    assert {f.stem for f in (tmp_path / "out").iterdir()} == {
        "payments", "totals", "tonnes", "prices"
    }  # fmt: skip
    assert main(["support", "today", "--case", str(closed), "--years", "2025:2027"]) == 2
    assert "today has no rules" in capsys.readouterr().err
    assert main([*asked, "--rules", "loan"]) == 2
    assert "no rule loan" in capsys.readouterr().err


def test_goal_tells_what_reaches_it(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """B builds 1 of 4 kt for sure in 2026; half of 5 would need a project that does not exist."""
    goal = tmp_path / "more.yaml"
    goal.write_text(
        'members: [B]\nstage: mining\nshare: 0.15\nof: world\nby: 2026\nyears: "2025,2026"\n'
        "levers:\n  - name: credit\n    unit: USD/kg\n    high: 1\n    rules:\n"
        "      - {kind: production_credit, materials: [m], countries: [B], specific: $level}\n",
        encoding="utf-8",
    )
    asked = ["goal", str(goal), "--case", str(closed), "--workers", "1"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert re.search(r"Cheapest mix.* 0 USD/kg +20 %", told), told
    assert {f.name for f in (tmp_path / "out").iterdir()} == {
        "goal.html", "ways.csv", "prices.csv", "supply.csv"
    }  # fmt: skip
    assert main([*asked, "--share", "0.5"]) == 1
    assert "no mix of plants" in capsys.readouterr().err
    assert main([*asked, "--by", "2050"]) == 2
    assert "2050" in capsys.readouterr().err


def test_regret_tells_the_careful_choice(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tariff of 1 on the 4 kt from C leaves the price and brings 4 in 2026: 3.81 in 2025."""
    table = tmp_path / "two.yaml"
    table.write_text(
        'members: [B]\nyears: "2025,2026"\ndemand: [central]\n'
        "mixes:\n  - {name: nothing}\n  - name: tariff\n    rules:\n"
        "      - {kind: tariff, importers: [B], materials: [m], specific: 1.0}\n"
        "answers:\n  - {name: none}\n",
        encoding="utf-8",
    )
    asked = ["regret", str(table), "--case", str(closed), "--workers", "1"]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "Least regretted at worst: tariff" in told
    assert re.search(r"Central, none +0 +3\.81", told), told
    assert {f.name for f in (tmp_path / "out").iterdir()} == {
        "regret.html", "runs.csv", "worst.csv", "runs"
    }  # fmt: skip
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 2
    assert main([*asked, "--years", "soon"]) == 2
    assert "soon" in capsys.readouterr().err
