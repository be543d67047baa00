// What lives on a credential: it is cut when that is revoked, and narrows when a role does. Against a real labd.
import { createClient, type Client } from 'graphql-ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, labd, type Labd } from './processes.ts';

interface Made {
  secret: string;
  token: { name: string };
}

/** A user with a role of its own, and a token of its. */
async function user(api: Labd, name: string, permissions: string[]): Promise<Made> {
  await ask(
    api.url,
    `mutation ($permissions: [String!]!) {
      createRole(input: { name: "${name}", permissions: $permissions }) { __typename }
      createUser(input: { name: "${name}", roles: [{ name: "${name}" }] }) { __typename } }`,
    { permissions },
  );
  const made = await ask<{ createToken: Made }>(
    api.url,
    `mutation { createToken(input: { purpose: API, user: { name: "${name}" } }) { ... on CreatedToken { secret token { name } } } }`,
  );
  return made.createToken;
}

function connect(api: Labd, secret: string, onClosed: (code: number, reason: string) => void = () => {}): Client {
  const client = createClient({
    url: api.url,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${secret}` },
    retryAttempts: 0,
    on: { closed: (event) => onClosed((event as CloseEvent).code, (event as CloseEvent).reason) },
  });
  onTestFinished(() => void client.dispose());
  return client;
}

interface Event {
  watchNetworks: { __typename: string; network?: { name: string } };
}
const watchNetworks = `subscription { watchNetworks { __typename ... on NetworkAdded { network { name } } ... on NetworkDeleted { network { name } } } }`;
const network = (api: Labd, name: string, cloud: string, octet: number) =>
  ask(
    api.url,
    `mutation { createNetwork(input: { name: "${name}", cloud: "${cloud}", cidr: "10.${octet}.0.0/16" }) { __typename } }`,
  );

/** What a watch has said, as it says it. */
function saidBy(client: Client): { said: string[]; over: Promise<unknown> } {
  const said: string[] = [];
  const over = new Promise((resolve) => {
    client.subscribe<Event>(
      { query: watchNetworks },
      {
        next: ({ data }) => {
          const { __typename, network: one } = data!.watchNetworks;
          said.push(one ? `${__typename} ${one.name}` : __typename);
        },
        error: resolve,
        complete: () => resolve('complete'),
      },
    );
  });
  return { said, over };
}

test('a token that is deleted cuts its WebSocket and its event stream, and nothing comes after', async () => {
  const api = await labd();
  const { secret, token } = await user(api, 'ann', ['read:*:*:*']);
  const closed: unknown[] = [];
  const { said, over } = saidBy(connect(api, secret, (code, reason) => closed.push([code, reason])));
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    authorization: `Bearer ${secret}`,
  };
  const stream = await fetch(api.url, { method: 'POST', headers, body: JSON.stringify({ query: watchNetworks }) });
  const streamed = stream.text();
  await expect.poll(() => said).toContain('Bookmark');
  await ask(api.url, `mutation { deleteToken(by: { name: "${token.name}" }) { __typename } }`);
  await network(api, 'after', 'default', 1);
  await over;
  const text = await streamed;
  expect(closed).toEqual([[4401, 'Its credential was revoked']]);
  expect(said).toEqual(['Bookmark']);
  expect(text).toContain('UNAUTHENTICATED');
  expect(text).not.toContain('after');
  const again = await fetch(api.url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query: '{ about { version } }' }),
  });
  expect(again.status).toBe(401);
});

test('a role that narrows has its watches begin anew with what is left', async () => {
  const api = await labd();
  await network(api, 'mine', 'a', 1);
  await network(api, 'theirs', 'b', 2);
  const { secret } = await user(api, 'ann', ['read:*:*:*']);
  const { said } = saidBy(connect(api, secret));
  await expect.poll(() => said).toEqual(['NetworkAdded mine', 'NetworkAdded theirs', 'Bookmark']);
  await ask(
    api.url,
    'mutation { updateRole(by: { name: "ann" }, input: { permissions: ["read:a:*:*"] }) { __typename } }',
  );
  await expect.poll(() => said.slice(3)).toEqual(['Reset', 'NetworkAdded mine', 'Bookmark']);
  await network(api, 'hidden', 'b', 3);
  await network(api, 'shown', 'a', 4);
  await expect.poll(() => said.slice(6)).toEqual(['NetworkAdded shown']);
});

test('whoever shows nothing, or nothing good, gets no connection', async () => {
  const api = await labd();
  const codes = await Promise.all(
    ['', 'nonsense', `lab_pat_${'0'.repeat(38)}`].map(
      (secret) =>
        new Promise((resolve) => {
          const { over } = saidBy(connect(api, secret, (code) => resolve(code)));
          void over;
        }),
    ),
  );
  expect(codes).toEqual([4401, 4401, 4401]);
});
