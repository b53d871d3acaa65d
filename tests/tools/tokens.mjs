// Prints the number of o200k_base tokens of each file named, one line per file: `COUNT FILE`.
// `tests/install-tools.sh` puts js-tiktoken where this looks for it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../.cache/node/package.json", import.meta.url));
const { Tiktoken } = require("js-tiktoken/lite");
const tokenizer = new Tiktoken(require("js-tiktoken/ranks/o200k_base"));

for (const file of process.argv.slice(2)) {
  console.log(tokenizer.encode(readFileSync(file, "utf8")).length, file);
}
