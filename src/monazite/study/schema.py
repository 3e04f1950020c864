"""What may stand in a scenario file? Its JSON schema, for editors and for other programs."""

from __future__ import annotations

from typing import Any

YEARS = r"^\s*\d{4}(:\d{4}(:\d+)?|(\s*,\s*\d{4})*)\s*$"  # what `years` takes as a text
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def scenario_schema() -> dict[str, Any]:
    """The JSON schema of a scenario file: one branch under `instruments` for each kind.

    `kind` is required there: it is what tells the branches apart.
    """
    from monazite.policy import instruments
    from monazite.study.scenario import Scenario

    schema = Scenario.model_json_schema()
    named = {rule.__name__ for rule in instruments().values()}
    for name, definition in schema["$defs"].items():
        if name in named:
            definition["required"] = ["kind", *definition.get("required", [])]
            definition["description"] = definition["description"].split("\n\n")[0]
    years = schema["properties"]["years"]
    years["anyOf"] = [*years["anyOf"], {"type": "string", "pattern": YEARS}, {"type": "integer"}]
    return {"$schema": DIALECT, **schema}
