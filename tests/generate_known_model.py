"""Add what the installed botocore says of the faked operations to `known_model.json`: run it once the fake knows it.

    python tests/generate_known_model.py

The file is the union over the supported versions of botocore, so nothing is ever taken out; run it with the oldest
and the newest to write it anew. A member is a line: its path, its type, each bound and pattern that it has had, and all
values of its enum.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from pytest_connect_chat._service.operations import OPERATIONS

KNOWN = Path(__file__).with_name("known_model.json")

Facts = dict[str, Any]


def installed(service: str) -> ServiceModel:
    """Return the installed model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def facts_of(model: ServiceModel, operation: str) -> Facts:
    """Return what a model says of an operation: its errors, and the members of its request and of its response."""
    found = model.operation_model(operation)
    facts: Facts = {"errors": sorted(f"{shape.name} {_status(shape)}" for shape in found.error_shapes)}
    for side, shape in (("request", found.input_shape), ("response", found.output_shape)):
        facts[side] = dict(members_of(shape)) if shape is not None else {}
    return facts


def members_of(
    shape: Any, path: str = "", above: tuple[str, ...] = (), *, required: bool = False
) -> Iterator[tuple[str, dict[str, list[Any]]]]:
    """Yield each member below a shape with its limits; a structure within itself is not entered again."""
    if path:
        limits = {name: [shape.metadata[name]] for name in ("min", "max", "pattern") if name in shape.metadata}
        enum = {"enum": sorted(shape.metadata["enum"])} if "enum" in shape.metadata else {}
        yield path, {"type": [shape.type_name], **({"required": [True]} if required else {}), **limits, **enum}
    if shape.name in above:
        return
    inside = (*above, shape.name)
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            is_required = name in shape.required_members
            yield from members_of(member, f"{path}.{name}" if path else name, inside, required=is_required)
    elif shape.type_name == "list":
        yield from members_of(shape.member, f"{path}[]", inside)
    elif shape.type_name == "map":
        yield from members_of(shape.key, f"{path}{{key}}", inside)
        yield from members_of(shape.value, f"{path}{{}}", inside)


def _status(shape: Any) -> int:
    return int(shape.metadata.get("error", {}).get("httpStatusCode", 400))


def merged(known: Facts, found: Facts) -> Facts:
    """Return what either says."""
    result = {"errors": sorted({*known.get("errors", ()), *found["errors"]})}
    for side in ("request", "response"):
        members: dict[str, Facts] = {path: dict(limits) for path, limits in known.get(side, {}).items()}
        for path, limits in found[side].items():
            for name, values in limits.items():
                so_far = members.setdefault(path, {}).get(name, [])
                members[path][name] = sorted({*so_far, *values})
        result[side] = dict(sorted(members.items()))
    return result


def main() -> None:
    """Write the file."""
    known = json.loads(KNOWN.read_text("utf-8")) if KNOWN.exists() else {}
    models = {service: installed(service) for service, _ in OPERATIONS}
    union = {op: merged(known.get(op, {}), facts_of(models[service], op)) for service, op in OPERATIONS}
    KNOWN.write_text(written(union), "utf-8", newline="\n")


def written(known: Facts) -> str:
    """Return the file's text: JSON, a line for each member."""
    blocks = []
    for operation, facts in known.items():
        lines = [f'  "errors": {json.dumps(facts["errors"])}']
        for side in ("request", "response"):
            members = [f"   {json.dumps(path)}: {json.dumps(limits)}" for path, limits in facts[side].items()]
            lines.append(f'  "{side}": {{\n' + ",\n".join(members) + "\n  }" if members else f'  "{side}": {{}}')
        blocks.append(f' "{operation}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    main()
