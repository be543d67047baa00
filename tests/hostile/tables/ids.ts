// Ids, cursors and revisions that labd never gave out.
import { expect } from 'vitest';
import type { HostileCase, Outcome } from '../cases.ts';
import { expectNoLeak, type Target } from '../support.ts';

export const uuid = '01a207fe-2773-763c-ba86-e516f818fef2';
const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

const BAD = 'BAD_USER_INPUT';

/** Undefined where it leads nowhere. */
const cursors: [name: string, cursor: string, code: string | undefined][] = [
  ['that is no base64', '%%%', BAD],
  ['that is empty', '', BAD],
  ['that is no JSON', Buffer.from('x').toString('base64url'), BAD],
  ['that is no list', Buffer.from('{"a":1}').toString('base64url'), BAD],
  ['of another order', cursor('createdAt', '2026-01-01T00:00:00Z', uuid), BAD],
  ['of another column', cursor('passwordHash', 'a', uuid), BAD],
  ['with an object for a value', cursor('name', { gt: '' }, uuid), BAD],
  ['with a number for a text', cursor('name', 7, uuid), BAD],
  ['with a NUL', cursor('name', 'a\u0000', uuid), BAD],
  ['with an id that is none', cursor('name', 'a', '------------------------------------'), BAD],
  ['with null for an id', cursor('name', 'a', null), BAD],
  ['of a hundred thousand letters', cursor('name', 'x'.repeat(100_000), uuid), undefined],
];

/** Each asked for by node, and by reference. */
const ids: [id: string, byReference: string | undefined][] = [
  ['', BAD],
  ['x', BAD],
  ['Cluster', BAD],
  ['Cluster:', BAD],
  ['Cluster:x', BAD],
  [`cluster:${uuid}`, BAD],
  [`__proto__:${uuid}`, BAD],
  [`constructor:${uuid}`, BAD],
  [`Cluster:${uuid}\u0000`, BAD],
  [`Cluster:{${uuid}}`, BAD],
  [`Change:${uuid}`, BAD],
  [`Authority:${uuid}`, BAD],
];

/** What comes first of a watch. */
async function first(target: Target, after: string): Promise<Outcome> {
  const query = 'subscription ($after: Revision) { watchClusters(after: $after) { __typename } }';
  const answer = await fetch(target.labd.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...target.labd.headers },
    body: JSON.stringify({ query, variables: { after } }),
  });
  const reader = answer.body!.getReader();
  let text = '';
  while (!/data: .*\n/.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  await reader.cancel();
  return { text, code: /"code":"(\w+)"/.exec(text)?.[1] };
}

const revisions: [revision: string, code: string | undefined][] = [
  ['rev:999999999999', undefined],
  [`${uuid}.1`, undefined],
  [`${uuid}.999999999999999999`, undefined],
  ['', BAD],
  ['rev:-1', BAD],
  ['rev:x', BAD],
  ['x.1', BAD],
  [`rev:${'9'.repeat(40)}`, BAD],
];

export const rows = (target: Target): HostileCase[] => [
  ...cursors.map(([what, after, code]): HostileCase => ({
    name: `A cursor ${what}`,
    code,
    status: 200,
    attack: () =>
      target.ask('query ($after: String) { clusters(after: $after) { nodes { name } } }', { variables: { after } }),
    also: ({ text }) => {
      if (code === undefined) expect(JSON.parse(text!)).toEqual({ data: { clusters: { nodes: [] } } });
      expectNoLeak(text!);
    },
  })),
  ...ids.flatMap(([id, byReference]): HostileCase[] => [
    {
      name: `The id ${JSON.stringify(id)}, asked for by node,`,
      code: undefined,
      attack: () => target.ask('query ($id: ID!) { node(id: $id) { id } }', { variables: { id } }),
      also: ({ text }) => expect(JSON.parse(text!)).toEqual({ data: { node: null } }),
    },
    {
      name: `The id ${JSON.stringify(id)}, asked for by reference,`,
      code: byReference,
      status: 200,
      attack: () => target.ask('query ($id: ID!) { cluster(by: { id: $id }) { id } }', { variables: { id } }),
      also: ({ text }) => {
        if (byReference === undefined) expect(JSON.parse(text!)).toEqual({ data: { cluster: null } });
        expectNoLeak(text!);
      },
    },
  ]),
  ...revisions.map(([after, code]): HostileCase => ({
    name: `A watch from the revision ${JSON.stringify(after)}`,
    code,
    attack: () => first(target, after),
    // A revision that may be, of a log that is not there or is shorter, begins anew.
    also: ({ text }) => expect(text).toContain(code ?? '"Reset"'),
  })),
];
