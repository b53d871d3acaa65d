// The command with which a host starts the server of an unpacked bundle, as the packer's own library works it out:
// node tests/tools/bundle.mjs FOLDER PLATFORM USER_CONFIG. Prints `command`, `args` and `env` as JSON.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { getMcpConfigForManifest } from "../../.cache/mcpb/node_modules/@anthropic-ai/mcpb/dist/node.js";

const [folder, platform, settings] = process.argv.slice(2);
Object.defineProperty(process, "platform", { value: platform });
const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
const logger = { log() {}, warn: console.error, error: console.error };
const config = await getMcpConfigForManifest({
  manifest,
  extensionPath: folder,
  systemDirs: {},
  userConfig: JSON.parse(settings),
  pathSeparator: "/",
  logger,
});
console.log(JSON.stringify(config));
