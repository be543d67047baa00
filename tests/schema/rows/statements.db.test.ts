// How many statements the graph takes: as many for a thousand servers as for ten.
import { expect, test } from 'vitest';
import { openGraph } from '../../support/graph.ts';
import { fill, nested } from '../fleet.ts';

test('the nested query takes three statements for 10, 100 and 1,000 servers: one, and one for each edge to one', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 1_000);
  for (const first of [10, 100, 1_000]) {
    db.clear();
    const { servers } = await data(nested, { variables: { first } });
    expect(servers.nodes).toHaveLength(first);
    expect(servers.nodes[0]).toMatchObject({
      nics: { nodes: [{ network: { name: expect.stringMatching(/^net-/) } }, {}] },
    });
    expect(servers.nodes.at(-1).memberships.nodes).toHaveLength(1);
    expect(db.statements).toHaveLength(3);
  }
});

test('fields that are computed take a constant number of statements', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 200);
  const counts = [];
  for (const first of [10, 100]) {
    db.clear();
    await data(
      `query ($first: Int) { servers(first: $first) { totalCount nodes {
        revision lastSeenAt conditions { type } sightings { source } nics { totalCount } bastion { online lastSeenAt }
        memberships { nodes { cluster { health members { totalCount } } } } } } }`,
      { variables: { first } },
    );
    counts.push(db.statements.length);
  }
  expect(counts[1]).toBe(counts[0]);
});

test('what @skip and @include leave out is not read', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 2);
  const text = `query ($more: Boolean!) { servers { nodes { name ...More @include(if: $more) arch @skip(if: true) } } }
    fragment More on Server { nics { nodes { mac } } }`;
  db.clear();
  await data(text, { variables: { more: false } });
  await data(text, { variables: { more: true } });
  const [less, more] = db.statements;
  expect(less).not.toMatch(/server_nic|"arch"/);
  expect(more).toMatch(/server_nic/);
});

test('one relation under two names with other arguments takes one statement more', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 100);
  db.clear();
  const { servers } = await data(`{ servers { nodes {
    up: nics(filter: { name: { eq: "eth0" } }) { nodes { name } }
    last: nics(last: 1) { nodes { name } } } } }`);
  expect(servers.nodes[0]).toEqual({ up: { nodes: [{ name: 'eth0' }] }, last: { nodes: [{ name: 'eth1' }] } });
  expect(db.statements).toHaveLength(2);
});

test('every edge that grows with the fleet is cut by the database', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 20);
  const edges = {
    'bastions { nodes { servers(first: 2) { nodes { id } } } }': 1,
    'networks { nodes { nics(first: 2) { nodes { id } } vmNics(first: 2) { nodes { id } } } }': 2,
    'clusters { nodes { members(first: 2) { nodes { id } } } }': 1,
    'servers(first: 1) { nodes { vms(first: 2) { nodes { id } } } }': 1,
  };
  for (const [edge, large] of Object.entries(edges)) {
    db.clear();
    await data(`{ ${edge} }`);
    const [sql, ...more] = db.statements;
    expect(more).toEqual([]);
    expect(sql!.match(/\bLIMIT\b/g)).toHaveLength(large + 1);
  }
});

test('a page further on takes two statements at most, and none reads what lies before it', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 100);
  const page = `query ($after: String) { servers(first: 10, after: $after, orderBy: { field: STATUS }) { nodes { name } pageInfo { endCursor } } }`;
  const first = await data(page);
  db.clear();
  await data(page, { variables: { after: first.servers.pageInfo.endCursor } });
  expect(db.statements.length).toBeLessThanOrEqual(2);
  for (const sql of db.statements) expect(sql).not.toMatch(/\bOR\b|\bOFFSET [^$0]/);
});

test('fragments that spread each other twice are read once each', async () => {
  const { db, data } = await openGraph({ calm: true });
  await fill(db, 1);
  const levels = Array.from({ length: 60 }, (_, i) => `fragment f${i} on Server { ...f${i + 1} ...f${i + 1} }`);
  const { servers } = await data(`{ servers { nodes { ...f0 } } } ${levels.join(' ')} fragment f60 on Server { name }`);
  expect(servers.nodes).toEqual([{ name: 'm-000000' }]);
});
