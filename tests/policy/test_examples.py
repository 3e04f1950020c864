"""Does every instrument's page hold an example that is a rule of its kind?"""

import inspect

import pytest

import monazite as mz
from monazite.policy import instruments


def example(kind: str) -> str:
    """The YAML under "Example:" in the docstring of an instrument."""
    page = inspect.getdoc(instruments()[kind]) or ""
    below = page.partition("\nExample:\n")[2].strip("\n").splitlines()
    written = []
    for line in below:
        if line and not line.startswith(" "):
            break
        written.append(line)
    return inspect.cleandoc("\n".join(written))


@pytest.mark.parametrize("kind", instruments())
def test_the_example_is_read_as_a_rule_of_its_kind(kind: str) -> None:
    lines = example(kind).splitlines()
    item = "\n".join(("  - " if k == 0 else "    ") + line for k, line in enumerate(lines))
    scenario = mz.Scenario.from_text(f"name: example\ninstruments:\n{item}\n")
    (rule,) = scenario.instruments
    assert rule.kind == kind
    assert rule.name != kind, "an example has a name of its own"
    assert mz.Scenario.from_text(scenario.to_yaml()).instruments == scenario.instruments
