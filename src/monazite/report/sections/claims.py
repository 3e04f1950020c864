"""What is said in the debate, and what the model answers: verdicts, then every claim by verdict."""

from __future__ import annotations

from collections import Counter

from monazite.report import claims, parts
from monazite.report.view import View
from monazite.study.claims.verdicts import VERDICTS

OPEN = "depends"  # whose claims are shown at once: what policy can argue about


def heading(view: View) -> str:
    """How many of the claims the model supports, and over which assumptions."""
    kept = view.claims
    if kept is None:
        return ""
    counts = Counter(one.verdict for one in kept.findings)
    tested = len(kept.findings) - counts["untested"]
    if not tested:
        return ""
    return view.say(
        "heading.claims_quick" if kept.quick else "heading.claims",
        **{name: counts[name] for name in VERDICTS}, tested=tested,
    )  # fmt: skip


def build(view: View) -> str:
    """Return verdicts counted, what was asked, and the claims by verdict."""
    kept = view.claims
    if kept is None:
        return parts.absent(view, "absent.claims")
    return (
        claims.counted(view, kept.findings)
        + "".join(_group(view, verdict) for verdict in VERDICTS)
        + parts.folded(view.say("claims.picture.title"), claims.picture(view, kept.findings))
        + parts.folded(view.say("claims.method.title"), _method(view))
        + parts.paragraph(_asked(view), "note")
    )


def _group(view: View, verdict: str) -> str:
    """The claims of one verdict."""
    mine = [one for one in view.claims.findings if one.verdict == verdict]
    if verdict == "untested":
        table = claims.untested(view, mine)
    else:  # its summary tells the verdict; a column, on what it turns
        table = claims.tested(view, mine, verdicts=any(one.turns_on for one in mine))
    summary = view.say(f"claims.group.{verdict}", count=len(mine))
    return parts.folded(summary, table, is_open=verdict == OPEN)


def _method(view: View) -> str:
    return parts.paragraph(view.say("claims.method.intro")) + claims.method(view)


def _asked(view: View) -> str:
    """Of which tables, over which periods and at which assumptions the claims were asked."""
    kept = view.claims
    comma = view.say("comma")
    sentences = [
        view.say(
            "claims.asked", case=view.word("case", kept.case), digest=kept.digest[:8],
            version=kept.version, years=kept.years.replace(",", comma),
        )
    ]  # fmt: skip
    if kept.quick:
        sentences.append(view.say("claims.asked_quick"))
    if len(kept.findings) < kept.of:
        sentences.append(view.say("claims.asked_some", count=len(kept.findings), of=kept.of))
    return ("" if view.lang == "zh" else " ").join(sentences)
