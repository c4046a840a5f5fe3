// A real sign-in service for tests (npm's oidc-provider), on a port of its own. Its arguments: the provider's module, and
// its settings as JSON. It prints its address when it listens.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";

const { default: Provider } = await import(process.argv[2]);
const settings = JSON.parse(process.argv[3]);

let handle = (_, answer) => answer.end();
const server = createServer((request, answer) => handle(request, answer));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

const jwk = (type, options, more) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }), use: "sig", ...more });
const provider = new Provider(issuer, {
  clients: settings.clients,
  jwks: { keys: [jwk("rsa", { modulusLength: 2048 }, { alg: "RS256", kid: "rsa" }), jwk("ec", { namedCurve: "P-256" }, { alg: "ES256", kid: "ec" })] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
  conformIdTokenClaims: settings.userinfoOnly ?? false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id.replace(/^unverified-/, ""), email_verified: !id.startsWith("unverified-"), given_name: "Grace", family_name: "Hopper" }),
  }),
  features: { devInteractions: { enabled: true }, clientCredentials: { enabled: true }, introspection: { enabled: true } },
  cookies: { keys: ["test"] },
  scopes: ["openid", "offline_access", "read", "write"],
  rotateRefreshToken: settings.rotate ?? false,
  pkce: { required: () => settings.pkce ?? true },
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256", "HS256"] },
});
if (settings.leeway) {
  provider.RefreshToken.prototype.consume = async () => {}; // it takes a refresh token again that it has replaced
}
handle = provider.callback();
console.log(issuer);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
