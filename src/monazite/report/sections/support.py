"""What the rules cost members' treasuries and users, in all and per additional tonne."""

from monazite.report import look, parts, yearly
from monazite.report.view import View
from monazite.study.support import Cost

PER = ("support", "support_discounted", "public", "public_discounted")


def heading(view: View) -> str:
    """What treasuries and users of members lose or gain over all years, in present value."""
    cost = yearly.support(view)
    if cost is None:
        return ""
    lost = {line: discounted for line, _, discounted in cost.totals.rows()}
    words = {
        who: view.say(f"heading.{'lose' if lost[who] > 0 else 'gain'}",
                      amount=look.money(abs(lost[who]), view.lang))
        for who in ("public", "users")
    }  # fmt: skip
    return view.say("heading.support", **words)


def build(view: View) -> str:
    """Return the sums, what an additional tonne of each stage cost, and prices with and without."""
    cost = yearly.support(view)
    if cost is None:
        return parts.absent(view, "absent.support")
    members = view.say("comma").join(view.country(code) for code in cost.members)
    return (
        parts.paragraph(view.say("support.members", members=members))
        + _totals(view, cost)
        + _tonnes(view, cost)
        + parts.folded_chart(view, "support_prices", view.say("chart.support_prices.note"))
    )


def _totals(view: View, cost: Cost) -> str:
    columns = [
        parts.Column(view.say("column.line")),
        parts.Column(view.say("column.plain"), numeric=True),
        parts.Column(view.say("column.discounted"), numeric=True),
    ]
    rows = [
        [view.say(f"support.line.{line}"), plain, discounted]
        for line, plain, discounted in cost.totals.rows()
        if abs(plain) > yearly.QUIET or line in ("support", "public", "users")
    ]
    return parts.table(columns, rows, view.say("support.totals"))


def _tonnes(view: View, cost: Cost) -> str:
    columns = [
        parts.Column(view.say("column.item")),
        parts.Column(view.say("column.base_kt"), numeric=True),
        parts.Column(view.say("column.more_kt"), numeric=True),
        *(parts.Column(view.say(f"column.per_{name}"), numeric=True) for name in PER),
    ]
    rows = [
        [view.measure(row["item"]) if row["by"] == "stage" else view.material(row["item"]),
         row["base"], row["more"], *(row[name] for name in PER)]
        for row in cost.tonnes.iter_rows(named=True)
    ]  # fmt: skip
    return parts.folded_table(view.say("support.tonnes"), columns, rows)
