// Lets a runner, which lies in the source tree, import what was installed elsewhere: CLIENT_PACK names
// the folder that holds `node_modules`. For `node --import`.
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

const packages = pathToFileURL(`${process.env.CLIENT_PACK}/package.json`).href;
const runners = new URL(".", import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const isPackage = !/^(node:|file:|\.|\/)/.test(specifier);
    const ours = isPackage && context.parentURL?.startsWith(runners);
    return next(specifier, ours ? { ...context, parentURL: packages } : context);
  },
});
