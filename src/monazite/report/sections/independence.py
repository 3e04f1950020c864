"""Could members do without a country? What they would be served, at what price, from when on."""

from monazite.report import look, parts, statistics
from monazite.report.view import View


def heading(view: View) -> str:
    """What members would be served of the most used magnet (else material) in the last period."""
    import polars as pl

    frame = getattr(view.answers, "independence", None)
    if frame is None or not frame.height:
        return ""
    rows = frame.filter(pl.col("period") == frame["period"][-1], pl.col("share").is_not_null())
    known = {row["material"]: row for row in rows.iter_rows(named=True)}
    last = [m for m in statistics.of_stage(view, "magnet") if m in known]
    use = dict(view.frame("use").group_by("material").agg(pl.col("quantity").sum()).iter_rows())
    if not known:
        return ""
    shown = known[max(last or known, key=lambda m: (use.get(m, 0.0), m))]
    return view.say(
        "heading.independence", country=view.the(view.answers.without), year=shown["period"],
        material=view.aside(view.material(shown["material"])),
        share=view.percent(min(shown["share"], 1.0)),
    )  # fmt: skip


def build(view: View) -> str:
    """Return the heat map, from when members would be free of the country, and what binds."""
    answers = view.answers
    if answers is None or answers.independence is None:
        return parts.absent(view, "absent.independence")
    comma = view.say("comma")
    names = {
        "members": comma.join(view.country(code) for code in answers.members),
        "country": view.the(answers.without),
    }
    return (
        parts.paragraph(view.say("independence.asked", **names))
        + parts.chart(view, "independence", view.say("chart.independence.note"))
        + _verdicts(view)
        + _stages(view)
    )


def _verdicts(view: View) -> str:
    """The first year from which members are free at the old price, and at dearer ones."""
    from monazite.study.independence import STEPS, verdicts

    since = {(m, x): period for m, x, period in verdicts(view.answers.independence).rows()}
    columns = [parts.Column(view.say("column.material"))]
    for x in STEPS:
        key = "independence.step" if x > 0 else "independence.same"
        columns.append(parts.Column(view.say(key, more=look.percent(x, view.lang))))
    never = view.say("independence.never")
    rows = [
        [view.material(m), *(since[m, x] or never for x in STEPS)]
        for m in sorted({m for m, _ in since})
    ]
    return parts.folded_table(view.say("independence.table"), columns, rows)


def _stages(view: View) -> str:
    frame = view.answers.independence
    names = ("period", "stage", "plant")
    rows = frame.select(names).unique(maintain_order=True).drop_nulls().rows()
    told = view.say("comma").join(
        f"{p}: {view.inside('stage', stage)} ({view.facility(plant)})" for p, stage, plant in rows
    )
    return parts.paragraph(view.say("independence.stages", stages=told)) if told else ""
