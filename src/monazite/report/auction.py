"""Why did an auction come out as it did? A page with a reason for each price, fill and verdict.

It opens without a network and needs nothing but the clearing; numbers are those of the record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

from monazite.club.clearing import digest
from monazite.club.opening import last_revisions
from monazite.club.orders import Clearing
from monazite.messages import LANGUAGES, language, say
from monazite.report import auction_charts as charts

MICRO = 1_000_000
MOST_DRAWN = 24  # products whose bids and asks are drawn
STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans SC","Microsoft YaHei",sans-serif;color:#1c2733;
background:#fff;max-width:72rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .4rem}
p{margin:.3rem 0;max-width:60rem}.mild{color:#55616e}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0}
th,td{border-bottom:1px solid #dfe4ea}
th{font-weight:600;color:#55616e;border-bottom:2px solid #b8c2cc}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}code{font-size:.85em;word-break:break-all}.bad{color:#a8320a}
@media(prefers-color-scheme:dark){body{background:#12181f;color:#e4e9ee}
th,td{border-color:#2b3642}th,.mild{color:#a3b0bd}.bad{color:#ff9c73}a{color:#7fc4ff}}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_auction(day: Any, folder: Path) -> list[Path]:
    """Write `report.en.html` and `report.zh.html` about an auction day; return their paths."""
    paths = []
    for lang in LANGUAGES:
        path = folder / f"report.{lang}.html"
        path.write_text(page(day, lang), encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def page(day: Any, lang: str = "en") -> str:
    """The page of a day (`clearing`, `verdicts`, `contracts`) as HTML."""
    told = Teller(day.clearing, language(lang))
    other = next(one for one in LANGUAGES if one != told.lang)
    record = day.clearing.record
    title = told.say("title", auction=record["auction"])
    body = "".join(
        (
            f"<h1>{escape(title)}</h1>",
            f'<p><a href="report.{other}.html">{escape(told.say("other"))}</a></p>',
            told.lead(),
            told.section("chain", told.chain()),
            told.section("steps", told.steps()),
            told.section("prices", told.prices()),
            told.section("links", told.links()),
            told.section("orders", told.orders()),
            told.section("stockpile", told.stockpile()),
            told.section("refusals", told.refusals()),
            told.section("verdicts", told.verdicts(day.verdicts)),
            told.section("contracts", told.contracts(day.contracts)),
            told.section("members", told.members()),
            told.proof(),
        )
    )
    return (
        f'<!doctype html>\n<html lang="{"zh-Hans" if told.lang == "zh" else "en"}"><head>'
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title><style>{STYLE}{charts.STYLE}</style></head><body>{body}</body></html>\n"
    )


def usd(uusd: int | Fraction | None, digits: int = 2) -> str:
    """Micro-dollars as dollars, with at least `digits` decimals and up to six."""
    if uusd is None:
        return "–"
    whole = round(Fraction(uusd))
    text = f"{abs(whole) // MICRO:,}.{abs(whole) % MICRO:06d}".rstrip("0")
    text += "0" * max(0, digits - len(text.partition(".")[2]))
    return f"−{text}" if whole < 0 else text


def dollars(uusd: int) -> str:
    """A sum of money to the dollar."""
    whole = round(Fraction(uusd, MICRO))
    return f"{whole:,}".replace("-", "−")


class Teller:
    """One clearing in one language."""

    def __init__(self, clearing: Clearing, lang: str) -> None:
        self.lang, self.clearing, self.record = lang, clearing, clearing.record
        self.products = {one.id: one for one in clearing.book.products}
        self.price = {row["product"]: row for row in self.record["prices"]}
        self.exact: dict[str, Fraction] = {}
        for part in clearing.proof["components"]:
            self.exact.update(zip(part["products"], map(Fraction, part["prices"]), strict=True))
        self.entered = {one.id: one for one in last_revisions(clearing.book.orders)}
        every: list[Any] = [*clearing.book.conversions, *clearing.book.arcs]
        self.tied = {one.id: one for one in last_revisions(every)}
        self.rows = {row["order"]: row for row in self.record["orders"]}
        self.runs = {row["order"]: row for row in self.record["links"]}

    def say(self, key: str, **values: Any) -> str:
        return say(f"auction.{key}", self.lang, **values)

    def why(self, reason: str) -> str:
        return say(f"auction.reason.{reason}", self.lang)

    # --- parts of the page ---

    def section(self, key: str, html: str) -> str:
        return f"<h2>{escape(self.say(f'section.{key}'))}</h2>{html}" if html else ""

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """A table; a column whose name begins with # holds numbers."""
        kinds = [' class="n"' if name.startswith("#") else "" for name in columns]
        heads = (escape(self.say(f"column.{name.lstrip('#')}")) for name in columns)
        head = "".join(f"<th{kind}>{one}</th>" for kind, one in zip(kinds, heads, strict=True))
        lines = [
            "".join(f"<td{k}>{escape(cell)}</td>" for k, cell in zip(kinds, row, strict=True))
            for row in rows
        ]
        body = "".join(f"<tr>{line}</tr>" for line in lines)
        return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>' if lines else ""

    def lead(self) -> str:
        legs = self.record["legs"]
        value = sum(leg["uusd"] for leg in legs if leg["uusd"] > 0)
        traded = sum(row["price"] is not None for row in self.record["prices"])
        members = {leg["member"] for leg in legs}
        void = sum(row["state"] == "void" for row in self.record["orders"])
        text = self.say(
            "lead", orders=len(self.rows), void=void, traded=traded, members=len(members),
            value=dollars(value), legs=len(legs),
            surplus=dollars(round(Fraction(self.record["welfare"]))),
        )  # fmt: skip
        return f"<p>{escape(text)}</p><p class='mild'>{escape(self.say('made_up'))}</p>"

    def chain(self) -> str:
        """Where metal went along the conversions and freight that ran."""
        places = [
            charts.Place(name, (f"{usd(row['price'])} USD/kg", f"{row['kg']:,} kg"))
            for name, row in self.price.items()
            if row["price"] is not None
        ]
        priced = {one.name for one in places}
        ways = [
            self._way(ident, one)
            for ident, one in sorted(self.tied.items())
            if Fraction(self.runs[ident]["runs"]) and set(_terms(one)) <= priced
        ]
        drawn = charts.chain(places, ways, self.say("section.chain"))
        note = f"<p class='mild'>{escape(self.say('chain_note'))}</p>"
        return f'<div class="wide">{note}{drawn}</div>' if drawn else ""

    def _way(self, ident: str, one: Any) -> charts.Way:
        runs = float(Fraction(self.runs[ident]["runs"]))
        value = {n: runs * kg * self.price[n]["price"] / MICRO for n, kg in _terms(one).items()}
        return charts.Way(
            f"{ident} {one.member}",
            {name: -one for name, one in value.items() if one < 0},
            {name: one for name, one in value.items() if one > 0},
        )

    def steps(self) -> str:
        """Bids and asks of the products with most money in them."""
        worth = {n: row["kg"] * (row["price"] or 0) for n, row in self.price.items()}
        drawn = [charts.steps(self._steps(n)) for n in sorted(worth, key=lambda n: -worth[n])]
        shown = [one for one in drawn if one][:MOST_DRAWN]
        note = self.say("steps_note", bids=_key("b"), asks=_key("a"), floor=_key("f"))
        return f'<p class="key">{note}</p><div class="grid">{"".join(shown)}</div>' if shown else ""

    def _steps(self, name: str) -> charts.Steps:
        product, price = self.products[name], self.price[name]["price"]
        sides = {
            side: [(limit / MICRO, float(kg)) for limit, kg in levels]
            for side, levels in self._levels(name).items()
        }
        done = self._done(name)
        return charts.Steps(
            caption=f"{name}: {usd(price)} USD/kg",
            bids=sides["bid"],
            asks=sides["ask"],
            price=None if price is None else price / MICRO,
            bought=done["bid"],
            sold=done["ask"],
            floor=None if product.floor is None else product.floor / MICRO,
            band=product.band and (product.band[0] / MICRO, product.band[1] / MICRO),
        )

    def _done(self, name: str) -> dict[str, float]:
        """kg that orders, first refusals and the stockpile bought and sold of a product."""
        done = {"bid": 0.0, "ask": 0.0}
        for ident, one in self.entered.items():
            if one.product == name:
                done[one.side] += self.rows[ident]["kg"]
        done["bid"] += sum(row["kg"] for row in self.record["refusals"] if row["product"] == name)
        for row in self.record["stockpile"]:
            if row["product"] == name:
                bought = any(one.id == row["order"] for one in self.clearing.book.purchases)
                done["bid" if bought else "ask"] += row["kg"]
        return done

    def prices(self) -> str:
        rows = []
        for row in self.record["prices"]:
            product = self.products[row["product"]]
            state = say(f"club.state.{row['state']}", self.lang)
            told = " ".join(self._price_reasons(row))
            rows.append(
                (
                    row["product"],
                    usd(row["price"]),
                    usd(product.reference),
                    f"{row['kg']:,}",
                    state,
                    told,
                )
            )
        names = ("product", "#price", "#reference", "#kg", "state", "why")
        return self.table(names, rows)

    def _price_reasons(self, row: Mapping[str, Any]) -> Iterator[str]:
        name, price = row["product"], row["price"]
        product = self.products[name]
        if price is None:
            yield self.say("why.no_trade")
            return
        exact = self.exact.get(name, Fraction(price))
        on = [i for i, one in self.entered.items() if one.product == name and one.limit == exact]
        on = [i for i in on if self.rows[i]["state"] == "standing"]
        if name not in self.exact:
            yield self._alone(name, on)
        else:
            if on:
                yield self.say("why.limit", orders=", ".join(sorted(on)))
            for link in self._tied_to(name):
                yield self.say("why.link", link=link, equation=self._equation(link))
            if not on and not self._tied_to(name):
                yield self.say("why.nearest", reference=usd(product.reference))
        if product.floor is not None and price == product.floor:
            covered, excess = row["floor_covered_kg"], row["excess_kg"]
            yield self.say("why.floor", covered=f"{covered:,}", excess=f"{excess:,}")
        if row["state"] == "held" and product.band is not None:
            low, high = map(usd, product.band)
            yield self.say(
                "why.held", low=low, high=high, buyers=row["buyers"], sellers=row["sellers"]
            )

    def _alone(self, name: str, on: Sequence[str]) -> str:
        from monazite.club.uncross import interval

        low, high = interval(*self._curves(name)) or (0, 0)
        reference = self.products[name].reference
        if low == high:
            return self.say("why.only", price=usd(low), orders=", ".join(sorted(on)) or "–")
        return self.say("why.range", low=usd(low), high=usd(high), reference=usd(reference))

    def _curves(self, name: str) -> tuple[Any, Any]:
        import numpy as np

        from monazite.club.uncross import curve_of

        sides = self._levels(name)
        bids, asks = (
            curve_of(
                np.array([p for p, _ in side], np.int64), np.array([q for _, q in side], np.int64)
            )
            for side in (sides["bid"], sides["ask"])
        )
        return bids, asks

    def _levels(self, name: str) -> dict[str, list[tuple[int, int]]]:
        """Limits and kg of each side that took part, the stockpile's among them."""
        sides: dict[str, list[tuple[int, int]]] = {"bid": [], "ask": []}
        lot = self.products[name].lot_kg
        for ident, one in self.entered.items():
            if one.product == name and self.rows[ident]["state"] == "standing":
                sides[one.side].append((one.limit, one.lots * lot))
        known: list[Any] = [*self.clearing.book.purchases, *self.clearing.book.releases]
        limits = {
            one.id: getattr(one, "price", self.products[one.product].floor or 0) for one in known
        }
        for row in self.record["stockpile"]:
            if row["product"] == name and row["state"] == "standing" and row["offered_kg"]:
                bought = any(one.id == row["order"] for one in self.clearing.book.purchases)
                sides["bid" if bought else "ask"].append((limits[row["order"]], row["offered_kg"]))
        return sides

    def _tied_to(self, name: str) -> list[str]:
        """Conversions and arcs of a product that earn exactly their fee: they make its price."""
        return [
            ident
            for ident, one in sorted(self.tied.items())
            if self.runs[ident]["reason"] == "part" and name in _terms(one)
        ]

    def _equation(self, ident: str) -> str:
        """What a run gives, at the prices, and what it takes and its fee."""
        one = self.tied[ident]
        parts: dict[int, list[str]] = {1: [], -1: []}
        for name, kg in _terms(one).items():
            times = f"{abs(kg):,} × " if abs(kg) != 1 else ""
            parts[1 if kg > 0 else -1].append(f"{times}{usd(round(self.exact[name]))}")
        fee = one.freight if hasattr(one, "origin") else one.fee
        return f"{' + '.join(parts[1])} = {' + '.join(parts[-1])} + {usd(fee)}"

    def links(self) -> str:
        rows = []
        for ident, one in sorted(self.tied.items()):
            row, arc = self.runs[ident], hasattr(one, "origin")
            recipe = (
                f"{one.origin} → {one.destination}"
                if arc
                else f"{_side(one.inputs)} → {_side(one.outputs)}"
            )
            cap, fee = (one.cap_kg, one.freight) if arc else (one.runs, one.fee)
            runs = Fraction(row["runs"])
            shown = f"{float(runs):,.2f}".rstrip("0").rstrip(".") + f" / {cap:,}"
            gain = sum(kg * self.exact[name] for name, kg in _terms(one).items()) - fee
            if row["state"] == "void":
                why = self.why(row["reason"])
            else:
                why = self.say(f"why.link_{row['reason']}", gain=usd(abs(gain)))
            rows.append((ident, one.member, recipe, usd(fee), shown, why))
        return self.table(("order", "member", "recipe", "#fee", "#runs", "why"), rows)

    def orders(self) -> str:
        rows = []
        paid: Counter[str] = Counter()
        for leg in self.record["legs"]:
            paid[leg["order"]] += leg["uusd"]
        for ident, row in self.rows.items():
            one = self.entered[ident]
            asked = one.lots * self.products[one.product].lot_kg
            figures = (usd(one.limit), f"{asked:,}", f"{row['kg']:,}", dollars(paid[ident]))
            side = self.say(f"side.{one.side}")
            why = self._fill_reason(row, one)
            rows.append((ident, one.member, side, one.product, *figures, why))
        names = ("order", "member", "side", "product", "#limit", "#asked", "#filled", "#paid")
        return self.table((*names, "why"), rows)

    def _fill_reason(self, row: Mapping[str, Any], one: Any) -> str:
        told = self.why(row["reason"])
        net = next((n["kg"] for n in self.record["netted"] if n["order"] == row["order"]), 0)
        if net:
            told += " " + self.say("why.netted", kg=f"{net:,}", group=one.group)
        return told

    def stockpile(self) -> str:
        rows = [
            (row["order"], row["product"], f"{row['offered_kg']:,}", f"{row['kg']:,}")
            for row in self.record["stockpile"]
        ]
        return self.table(("order", "product", "#offered", "#filled"), rows)

    def refusals(self) -> str:
        told = []
        for row in self.record["refusals"]:
            lost = ", ".join(f"{one['order']} {one['kg']:,} kg" for one in row["displaced"])
            told.append(
                self.say(
                    "refusal", order=row["order"], member=row["member"], kg=f"{row['kg']:,}",
                    product=row["product"], premium=usd(row["premium"]), displaced=lost,
                )
            )  # fmt: skip
        for row in self.record["refusals_void"]:
            told.append(f"{row['order']}: {self.why(row['reason'])}")
        return "".join(f"<p>{escape(one)}</p>" for one in told)

    def verdicts(self, verdicts: Sequence[Any]) -> str:
        rows = [
            (one.lot, one.order, self.say("yes" if one.eligible else "no"), one.reason[self.lang])
            for one in verdicts
        ]
        return self.table(("lot", "order", "eligible", "why"), rows)

    def contracts(self, contracts: Sequence[Any]) -> str:
        told = []
        for one in contracts:
            first, other = one.parties
            paid = sum(leg.uusd for leg in one.legs if leg.member == first)
            text = self.say(
                f"contract.{one.kind}", first=first, other=other, kg=f"{one.kg:,}",
                product=one.product, price=usd(one.price), market=usd(one.market),
                paid=dollars(abs(paid)), payee=first if paid >= 0 else other,
                payer=other if paid >= 0 else first,
            )  # fmt: skip
            told.append(f"<p>{escape(text)}</p>")
        return "".join(told)

    def members(self) -> str:
        money: Counter[str] = Counter()
        metal: dict[str, Counter[str]] = {}
        for leg in self.record["legs"]:
            money[leg["member"]] += leg["uusd"]
            metal.setdefault(leg["member"], Counter())[leg["product"]] += leg["kg"]
        rows = []
        for member in sorted(metal):
            kg = ", ".join(f"{n} {q:+,}" for n, q in sorted(metal[member].items()) if q)
            rows.append((member, dollars(money[member]), kg.replace("-", "−")))
        rows.append((self.say("sum"), dollars(sum(money.values())), "0"))
        return self.table(("member", "#paid", "metal"), rows)

    def proof(self) -> str:
        text = self.say("proof")
        book, rules = digest(self.clearing.book), digest(self.clearing.rules)
        return (
            f"<h2>{escape(self.say('section.proof'))}</h2><p>{escape(text)}</p>"
            f"<p class='mild'>book.json <code>{book}</code><br>rules.json <code>{rules}</code></p>"
        )


def _terms(one: Any) -> dict[str, int]:
    if hasattr(one, "origin"):
        return {one.origin: -1, one.destination: 1}
    return {**{name: -kg for name, kg in one.inputs}, **dict(one.outputs)}


def _key(kind: str) -> str:
    return f'<i class="{kind}"></i>'


def _side(parts: Iterable[tuple[str, int]]) -> str:
    return " + ".join(f"{kg:,} {name}" for name, kg in parts)
