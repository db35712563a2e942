// A Fedify server for tests/acceptance/fedify_test.py: one actor, steered and asked through
// /control. Usage: node fedify_peer.mjs PORT rfc9421|draft-cavage-http-signatures-12
import { createServer } from "node:http";
import {
  createFederation, exportJwk, generateCryptoKeyPair, MemoryKvStore, verifyObject, verifyRequest,
} from "@fedify/fedify";
import {
  Accept, Activity, Announce, Create, Delete, Endpoints, Follow, isActor, Like, Note, Object as
  ASObject, Person, PUBLIC_COLLECTION, Reject, Undo, Update,
} from "@fedify/vocab";

const [port, firstKnock] = [Number(process.argv[2]), process.argv[3]];
const origin = `http://127.0.0.1:${port}`;
const received = [];
const followers = new Map(); // actor id -> {id, inboxId}
const notes = new Map();
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
  await generateCryptoKeyPair("Ed25519")];

const federation = createFederation({
  kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock, origin,
});

federation.setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
  if (identifier !== "fay") return null;
  const pairs = await ctx.getActorKeyPairs(identifier);
  return new Person({
    id: ctx.getActorUri(identifier), preferredUsername: identifier, name: "Fay",
    inbox: ctx.getInboxUri(identifier), outbox: ctx.getOutboxUri(identifier),
    followers: ctx.getFollowersUri(identifier),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map((pair) => pair.multikey),
  });
}).setKeyPairsDispatcher(() => keys);

federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setFollowersDispatcher("/users/{identifier}/followers",
  () => ({ items: [...followers.values()] }));
federation.setObjectDispatcher(Note, "/notes/{id}", (_, { id }) => notes.get(id) ?? null);

federation.setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(Follow, async (ctx, follow) => {
    const follower = await follow.getActor(ctx);
    if (!isActor(follower) || follower.id == null || follower.inboxId == null) return;
    followers.set(follower.id.href, follower);
    await ctx.sendActivity({ identifier: "fay" }, follower, new Accept({
      id: new URL(`#accept/${crypto.randomUUID()}`, ctx.getActorUri("fay")),
      actor: follow.objectId, object: follow,
    }));
  })
  .on(Undo, async (ctx, undo) => {
    const undone = await undo.getObject(ctx);
    if (undone instanceof Follow && undo.actorId != null) followers.delete(undo.actorId.href);
  })
  .on(Activity, () => {})
  .onError((_, problem) => console.log(problem));

/** What arrived, and what Fedify's own verifiers say of it, apart from what its inbox does. */
async function note(request, body, status) {
  const json = JSON.parse(body);
  const options = { documentLoader: context().documentLoader, contextLoader:
    context().contextLoader };
  const key = await verifyRequest(request, options).catch(() => null);
  const proven = json.proof == null ? null
    : await verifyObject(Activity, json, options).catch((problem) => {
      console.log(problem);
      return null;
    });
  received.push({
    activity: json, status, path: new URL(request.url).pathname,
    form: request.headers.has("signature-input") ? "rfc9421" : "cavage",
    signed: key?.id?.href ?? null, proven: proven != null,
    headers: Object.fromEntries(request.headers),
  });
}

const context = () => federation.createContext(new URL(origin), undefined);

const control = {
  received: async () => received,
  followers: async () => [...followers.keys()],
  actor: async () => context().getActorUri("fay").href,
  /** Serves `content` as a Note of the actor; returns its document. */
  note: async ({ content, to }) => {
    const id = crypto.randomUUID();
    const made = new Note({
      id: context().getObjectUri(Note, { id }), attribution: context().getActorUri("fay"), content,
      tos: (to ?? [PUBLIC_COLLECTION.href]).map((one) => new URL(one)),
    });
    notes.set(id, made);
    return await made.toJsonLd(context());
  },
  /** Sends the activity to the actor `to`, found as Fedify finds it; returns what was sent. */
  send: async ({ activity, to }) => {
    const ctx = context();
    const recipient = await ctx.lookupObject(to);
    if (!isActor(recipient)) throw new Error(`${to} is no actor to Fedify`);
    const made = await Activity.fromJsonLd({
      "@context": "https://www.w3.org/ns/activitystreams", actor: ctx.getActorUri("fay").href,
      id: `${origin}/activities/${crypto.randomUUID()}`, ...activity,
    }, ctx);
    await ctx.sendActivity({ identifier: "fay" }, recipient, made);
    return { id: made.id.href };
  },
  /** What Fedify's own lookup makes of a handle or an id. */
  lookup: async ({ what }) => {
    const found = await context().lookupObject(what);
    return found == null ? null : { type: found.constructor.name,
      document: await found.toJsonLd(context()) };
  },
};

async function answer(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const url = new URL(incoming.url, origin);
  if (url.pathname.startsWith("/control/")) {
    const result = await control[url.pathname.slice(9)](body.length ? JSON.parse(body) : {});
    return Response.json(result);
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, value);
  const make = () => new Request(url, {
    method: incoming.method, headers, body: body.length ? body : undefined,
  });
  const copy = make();
  const response = await federation.fetch(make(), {
    contextData: undefined, onNotFound: () => new Response("", { status: 404 }),
    onNotAcceptable: () => new Response("", { status: 406 }),
  });
  if (incoming.method === "POST") await note(copy, body, response.status);
  return response;
}

createServer(async (incoming, outgoing) => {
  let response;
  try {
    response = await answer(incoming);
  } catch (problem) {
    console.log(problem);
    response = new Response(String(problem?.stack ?? problem), { status: 500 });
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}).listen(port, "127.0.0.1", () => console.log(`fedify serves ${origin}`));
