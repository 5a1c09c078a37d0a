"""Make pydantic models from each schema, import them, and read the examples with them."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from datamodel_code_generator import DataModelType, InputFileType, generate


def model_of(schema: Path, module_file: Path) -> Any:
    """Generate the models of a schema and return the root model."""
    generate(
        schema,
        input_file_type=InputFileType.JsonSchema,
        output=module_file,
        output_model_type=DataModelType.PydanticV2BaseModel,
        class_name="Root",
    )
    spec = importlib.util.spec_from_file_location(module_file.stem, module_file)
    if spec is None or spec.loader is None:
        raise ImportError(module_file.name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_file.stem] = module
    spec.loader.exec_module(module)
    return module.Root


def main() -> None:
    """Read the schemas of the folder that is named first, write the models into the second."""
    schemas, models = map(Path, sys.argv[1:])
    failed = done = 0
    for schema in sorted(schemas.glob("*/*.json")):
        name = f"{schema.parent.name}_{schema.stem}".replace(".", "_")
        try:
            model = model_of(schema, models / f"{name}.py")
            for example in json.loads(schema.read_text(encoding="utf-8"))["examples"]:
                model.model_validate_json(json.dumps(example))
        except Exception as error:  # noqa: BLE001 - whatever the generated code does
            failed += 1
            sys.stderr.write(f"{schema.parent.name}/{schema.name}: {error}\n")
        else:
            done += 1
    sys.stdout.write(f"{done} schemas became models\n")
    sys.exit(1 if failed or not done else 0)


if __name__ == "__main__":
    main()
