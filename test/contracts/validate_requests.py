"""Holds requests against the service models that AWS publishes with botocore: names, types, required members, ranges,
lengths, enumerations and patterns. Reads JSON lines {service, operation, input}; prints what is wrong, a line each."""
import json
import re
import sys

import botocore.session
from botocore.validate import ParamValidator

NAMES = {"states": "stepfunctions", "servicequotas": "service-quotas", "monitoring": "cloudwatch"}
# Members that AWS added after the botocore of Debian 12 (1.29, 2022); a newer one checks them.
ADDED_SINCE = {"FleetLaunchTemplateOverridesRequest": {"BlockDeviceMappings"}}
session = botocore.session.get_session()
models = {}


def model_of(service):
    if service not in models:
        models[service] = session.get_service_model(NAMES.get(service, service))
    return models[service]


def known(value, shape):
    """The value without members that this botocore is too old for."""
    if shape.type_name == "structure" and isinstance(value, dict):
        too_new = ADDED_SINCE.get(shape.name, set()) - set(shape.members)
        return {
            name: known(member, shape.members[name]) if name in shape.members else member
            for name, member in value.items()
            if name not in too_new
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [known(member, shape.member) for member in value]
    return value


def beyond(value, shape, path):
    """Enumerations and patterns, which botocore's own validator leaves to the service."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from beyond(member, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, member in enumerate(value):
            yield from beyond(member, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, member in value.items():
            yield from beyond(member, shape.value, f"{path}.{key}")
    elif shape.type_name == "string" and isinstance(value, str):
        allowed = shape.metadata.get("enum") or getattr(shape, "enum", [])
        if allowed and value not in allowed:
            yield f"{path}: {value!r} is none of {allowed[:8]}"
        pattern = shape.metadata.get("pattern")
        if pattern and not matches(pattern, value):
            yield f"{path}: {value!r} does not match {pattern}"


def matches(pattern, value):
    try:
        return re.search(pattern, value) is not None
    except re.error:  # a pattern of Java's that Python does not know
        return True


for line in sys.stdin:
    call = json.loads(line)
    where = f"{call['service']}:{call['operation']}"
    shape = model_of(call["service"]).operation_model(call["operation"]).input_shape
    request = known(call["input"], shape)
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        print(f"{where}: {report.generate_report()}")
    for problem in beyond(request, shape, ""):
        print(f"{where}{problem}")
