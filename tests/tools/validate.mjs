// Holds values against JSON schemas: a file of `[{tool, schema, value}]`. Prints what breaks a schema, else how many
// are valid. `tests/install-tools.sh` puts ajv where this looks for it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../.cache/ajv/package.json", import.meta.url));
const Ajv = require("ajv").default;
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const ajv = new Ajv({ strict: true, allErrors: true });
// A schema with an address is somebody else's: it is held to draft 7, not to our habits.
const theirs = new Ajv({ strict: false, allErrors: true, formats: { uri: (text) => URL.canParse(text) } });
let broken = 0;
for (const { tool, schema, value } of cases) {
  const validate = (schema.$id ? theirs : ajv).compile(schema);
  if (!validate(value)) {
    broken += 1;
    console.log(tool, ajv.errorsText(validate.errors), JSON.stringify(value).slice(0, 400));
  }
}
console.log(`${cases.length - broken} valid`);
process.exit(broken ? 1 : 0);
