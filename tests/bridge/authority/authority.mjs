// A real authorization server: oidc-provider with dynamic registration, PKCE and resource indicators. Its tokens are
// JWTs for the resource that was asked for. Its pages for signing in are the package's own, for trying things out.
// PACK is where the package is installed; PORT where it listens; RESOURCES the addresses it gives out tokens for.
// What it grants is printed.
import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const resolve = createRequire(join(process.env.PACK, "package.json")).resolve;
const { default: Provider, errors } = await import(pathToFileURL(resolve("oidc-provider")));

const issuer = `http://127.0.0.1:${process.env.PORT}`;
const resources = process.env.RESOURCES.split(" ");
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

/** Seconds: the tokens of lumabill run out in the middle, those of the direct connection do not. */
const lifetime = (_context, _token, client) => (client.clientName === "direct" ? 3600 : 3);

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...key, alg: "RS256", use: "sig", kid: "one" }] },
  cookies: { keys: ["nothing to hide"] },
  scopes: ["openid", "offline_access", "books"],
  clientDefaults: { id_token_signed_response_alg: "RS256" },
  pkce: { required: () => true },
  ttl: { AccessToken: lifetime },
  features: {
    registration: { enabled: true, initialAccessToken: false },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => {
        if (!resources.includes(resource)) throw new errors.InvalidTarget();
        return { scope: "books", audience: resource, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } };
      },
    },
  },
  // As many authorization servers of today do: a client that may refresh gets what it needs for it.
  issueRefreshToken: async (_, client) => client.grantTypeAllowed("refresh_token"),
});
provider.on("grant.success", (context) => console.log(`granted ${context.oidc.client.clientName}: ${context.oidc.params.grant_type}`));
provider.on("grant.error", (context, error) => console.log(`refused ${context.oidc.client?.clientName}: ${error.error_description ?? error}`));
provider.listen(Number(process.env.PORT), "127.0.0.1");
