"""Validates reports with validators and schemas that are not ours.

Arguments: a folder with the reports and our schemas, and one with the packages that hold the others.
"""
import json
import sys
from pathlib import Path

import jsonschema
import xmlschema

reports, packages = map(Path, sys.argv[1:])


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def valid(value, schema):
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(value)


valid(read(reports / "report.json"), read(reports / "check.schema.json"))
event = read(reports / "event.schema.json")
for line in (reports / "report.jsonl").read_text(encoding="utf-8").splitlines():
    valid(json.loads(line), event)
valid(read(reports / "report.sarif"), read(packages / "package/lib/schemas/sarif-2.1.0-rtm.5.json"))
(schema,) = packages.glob("pytest-*/testing/example_scripts/junit-10.xsd")
xmlschema.XMLSchema(str(schema)).validate(str(reports / "report.xml"))
print("all valid")
