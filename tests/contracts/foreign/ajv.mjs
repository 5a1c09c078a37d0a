// Compile each schema in strict mode and validate its examples, its own and those of its fields.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const [, , folder] = process.argv;
let compiled = 0;
let failed = 0;
for (const use of ["read", "write"]) {
  for (const name of readdirSync(join(folder, use))) {
    const schema = JSON.parse(readFileSync(join(folder, use, name), "utf8"));
    const ajv = addFormats(new Ajv({ strict: true, allErrors: true, logger: false }));
    try {
      const validate = ajv.compile(schema);
      compiled += 1;
      for (const example of schema.examples) {
        if (!validate(example)) throw new Error(ajv.errorsText(validate.errors));
      }
    } catch (error) {
      failed += 1;
      console.error(`${use}/${name}: ${error.message}`);
    }
  }
}
console.log(`${compiled} schemas compiled`);
if (failed || !compiled) process.exit(1);
