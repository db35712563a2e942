// OAuth flows with openid-client, a certified client library, against a running server.
//
//   node oauth_client.mjs SERVER NAME PASSWORD
//
// The library checks what a client has to check (issuer, state, PKCE, content types, token types);
// the part of the person in front of the browser is played by a few requests. Open registration is
// needed. Prints one line for each thing shown; exit 1 at the first that does not hold.
import * as client from "openid-client";

const [server, name, password] = process.argv.slice(2);
const redirect = "http://127.0.0.1:49200/back";
const insecure = { execute: [client.allowInsecureRequests], algorithm: "oauth2" };

function check(what, holds, seen) {
  if (!holds) {
    console.error(`NOT: ${what}`, seen ?? "");
    process.exit(1);
  }
  console.log(`ok ${what}`);
}

/** A browser that keeps one cookie and follows nothing by itself. */
class Browser {
  cookie = "";
  async send(url, form) {
    const response = await fetch(new URL(url, server), {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: { Cookie: this.cookie, ...(form ? { Origin: server } : {}) },
      body: form && new URLSearchParams(form),
    });
    for (const line of response.headers.getSetCookie()) this.cookie = line.split(";")[0];
    return response;
  }
}

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">")
  .replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");

function fields(page, action) {
  const form = page.match(new RegExp(`<form[^>]*action="${action}"[^>]*>.*?</form>`, "s"))[0];
  const found = {};
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const of = (key) => unescape(tag.match(new RegExp(`${key}="([^"]*)"`))?.[1] ?? "");
    if (of("type") === "radio" && !tag.includes(" checked")) continue;
    found[of("name")] = of("value");
  }
  return found;
}

/** Signs in where it is asked to, and decides; the address that the browser is sent to. */
async function decide(browser, url, decision) {
  let page = await (await browser.send(url)).text();
  if (page.includes('action="/o/sign_in"')) {
    const signed = await browser.send("/o/sign_in",
      { ...fields(page, "/o/sign_in"), username: name, password });
    page = await (await browser.send(signed.headers.get("Location"))).text();
  }
  const answer = await browser.send("/o/authorize/",
    { ...fields(page, "/o/authorize/"), decision });
  return new URL(answer.headers.get("Location"));
}

async function refuses(work) {
  try {
    await work();
  } catch (problem) {
    return problem;
  }
  return null;
}

const config = await client.dynamicClientRegistration(new URL(server), {
  client_name: "openid-client", redirect_uris: [redirect],
  grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
}, client.ClientSecretPost(), insecure);
const metadata = config.serverMetadata();
check("discovery and registration (RFC 8414, RFC 7591)", config.clientMetadata().client_id,
  config.clientMetadata());
check("PKCE S256 is announced", metadata.supportsPKCE());

const browser = new Browser();
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const begin = async (more = {}) => client.buildAuthorizationUrl(config, {
  redirect_uri: redirect, scope: "read write", state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256", ...more });
const checks = { pkceCodeVerifier: verifier, expectedState: state };

const back = await decide(browser, await begin(), "allow");
const tokens = await client.authorizationCodeGrant(config, back, checks);
check("authorization code with PKCE, state and iss (RFC 6749, 7636, 9207)",
  tokens.access_token && tokens.refresh_token && tokens.scope === "read write", tokens);
check("the answer names the actor", tokens.activitypub_actor_id?.startsWith(server + "/actors/"),
  tokens);

const protectedAnswer = await client.fetchProtectedResource(config, tokens.access_token,
  new URL("/api/actors", server), "GET");
check("the token opens the API", protectedAnswer.status === 200);

const about = await client.tokenIntrospection(config, tokens.access_token);
check("introspection (RFC 7662)", about.active && about.sub === tokens.activitypub_actor_id, about);

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
check("refresh with rotation", refreshed.refresh_token !== tokens.refresh_token, refreshed);

await client.tokenRevocation(config, refreshed.access_token);
check("revocation (RFC 7009)",
  (await client.tokenIntrospection(config, refreshed.access_token)).active === false);

let problem = await refuses(() => client.authorizationCodeGrant(config, back, checks));
check("a code is good once", problem?.error === "invalid_grant", problem);

const denied = await decide(browser, await begin(), "deny");
problem = await refuses(() => client.authorizationCodeGrant(config, denied, checks));
check("denying comes back as access_denied", problem?.error === "access_denied", problem);

const forged = await decide(browser, await begin(), "allow");
forged.searchParams.set("iss", "https://evil.example");
problem = await refuses(() => client.authorizationCodeGrant(config, forged, checks));
check("an answer of another issuer is refused", problem !== null);

const basic = new client.Configuration(metadata, config.clientMetadata().client_id,
  undefined, client.ClientSecretBasic(config.clientMetadata().client_secret));
client.allowInsecureRequests(basic);
const again = await decide(browser, await begin(), "allow");
check("HTTP Basic at the token endpoint",
  (await client.authorizationCodeGrant(basic, again, checks)).access_token);
