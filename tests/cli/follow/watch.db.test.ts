// lab get -w against a labd that is killed and started again: what it prints is what the change log says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { environment, program, shareSite } from '../support.ts';
import { watching } from './watching.ts';

const site = shareSite(async ({ ask }) => {
  await ask('mutation { createNetwork(input: { name: "before", cidr: "10.0.0.0/24" }) { __typename } }');
});

const { watch, soon } = watching(site);

/** Makes networks, with a deletion of every third. */
async function change(from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    await site.ask(`mutation { createNetwork(input: { name: "n${i}", cidr: "10.1.${i}.0/24" }) { __typename } }`);
    await site.ask(`mutation { updateNetwork(by: { name: "n${i}" }, input: { domain: "d${i}" }) { __typename } }`);
    if (i % 3 === 0) await site.ask(`mutation { deleteNetwork(by: { name: "n${i}" }) { __typename } }`);
  }
}

/** The change log's own account of networks since a revision, until it has told of `last`. */
async function logged(after: string, last: string): Promise<string[]> {
  const client = createClient({
    url: site.labd.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: site.labd.authorization },
  });
  const object = 'revision network { name }';
  const query = `subscription ($after: Revision) { watchNetworks(after: $after) { __typename
    ... on NetworkAdded { ${object} } ... on NetworkModified { ${object} } ... on NetworkDeleted { ${object} } } }`;
  const told: string[] = [];
  for await (const { data } of client.iterate<{ watchNetworks: { __typename: string; network?: { name: string } } }>({
    query,
    variables: { after },
  })) {
    const { __typename, network } = data!.watchNetworks;
    if (network) told.push(`${__typename.replace('Network', '').toUpperCase()} network/${network.name}`);
    if (network?.name === last) break;
  }
  await client.dispose();
  return told;
}

test('prints each change once, in order, also those that happened while labd was killed and started again', async () => {
  const { networks } = await site.ask<{ networks: { revision: string } }>('{ networks(first: 1) { revision } }');
  const following = watch('networks', '-o', 'name');
  await soon(() => expect(following.lines(), following.said()).toEqual(['ADDED network/before']));
  await change(0, 8);
  await soon(() => expect(following.lines()).toContain('MODIFIED network/n7'));
  await site.labd.kill();
  await soon(() => expect(following.said()).toContain('labd is away'));
  await site.labd.start();
  await change(8, 12);
  await site.ask('mutation { createNetwork(input: { name: "last", cidr: "10.2.0.0/24" }) { __typename } }');
  await soon(() => expect(following.lines()).toContain('ADDED network/last'));
  expect(following.lines().slice(1)).toEqual(await logged(networks.revision, 'last'));
});

interface Entry {
  revision: string;
  operation: string;
  name: string;
}

/** What the change log says of servers, oldest first, as a watch prints it. */
async function audited(): Promise<string[]> {
  const words: Record<string, string> = { CREATE: 'ADDED', UPDATE: 'MODIFIED', DELETE: 'DELETED' };
  const { out, err, code } = await site.lab(
    'get',
    'audit',
    '--kind',
    'server',
    '--outcome',
    'done',
    '--limit',
    '9999',
    '-o',
    'json',
  );
  expect({ err, code }).toEqual({ err: '', code: 0 });
  const entries = out.split(/\n(?=\{)/).map((one) => JSON.parse(one) as Entry);
  const rev = ({ revision }: Entry) => Number(revision.split('.')[1]);
  return entries.toSorted((a, b) => rev(a) - rev(b)).map(({ operation, name }) => `${words[operation]} server/${name}`);
}

test(
  'through ten kill -9 of labd, in the middle of changes, prints what the change log says',
  // Ten times labd starts, beside what else runs here.
  { timeout: 400_000 },
  async () => {
    await site.ask('mutation { createServer(input: { name: "first", mac: "02:00:00:03:00:01" }) { __typename } }');
    const following = watch('servers', '-o', 'name');
    await soon(() => expect(following.lines(), following.said()).toEqual(['ADDED server/first']));
    let number = 0;
    let going = true;
    /** Changes servers without pause; a change that labd dies in may have happened or not, and only the log knows. */
    const changing = (async () => {
      while (going) {
        const n = number++;
        const mac = `02:00:00:02:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
        for (const mutation of [
          `createServer(input: { name: "k${n}", mac: "${mac}" })`,
          `updateServer(by: { name: "k${n}" }, input: { role: WORKER })`,
          ...(n % 3 === 0 ? [`deleteServer(by: { name: "k${n}" })`] : []),
        ])
          await site.ask(`mutation { ${mutation} { __typename } }`).catch(() => undefined);
      }
    })();
    for (let life = 0; life < 10; life++) {
      const before = following.lines().length;
      await soon(() => expect(following.lines().length, following.said()).toBeGreaterThan(before + 5));
      await site.labd.kill();
      await site.labd.start();
    }
    going = false;
    await changing;
    await site.ask('mutation { createServer(input: { name: "last", mac: "02:00:00:03:00:00" }) { __typename } }');
    await soon(() => expect(following.lines()).toContain('ADDED server/last'));
    expect(following.lines()).toEqual(await audited());
  },
);

test('shows rows with what happened to them, those alone that the filter meets, and exits 130 when interrupted', async () => {
  await site.ask(`mutation { createServer(input: { name: "idle", mac: "02:00:00:00:00:01" }) { __typename } }`);
  await site.ask(
    `mutation { createServer(input: { name: "busy", mac: "02:00:00:00:00:02", role: WORKER }) { __typename } }`,
  );
  const named = watch('server', '02-00-00-00-00-02', '-o', 'name');
  await soon(() => expect(named.lines(), named.said()).toEqual(['ADDED server/busy']));
  const following = watch('servers', '--role', 'worker');
  const mutation = (input: string) =>
    site.ask(`mutation { updateServer(by: { name: "idle" }, input: { ${input} }) { __typename } }`);
  await soon(() => expect(following.lines().at(-1)).toMatch(/^ADDED +busy/));
  await mutation('role: WORKER');
  await soon(() => expect(following.lines().at(-1)).toMatch(/^ADDED +idle +discovered +worker/));
  await mutation('role: CONTROL_PLANE');
  await soon(() => expect(following.lines().at(-1)).toMatch(/^DELETED +idle/));
  expect(following.lines()[0]).toMatch(/^EVENT +NAME +STATUS +ROLE/);
  following.child.kill('SIGINT');
  expect(await once(following.child, 'exit')).toEqual([130, null]);
});

test('of a labd that was never there exits 5', async () => {
  const env = environment({ LAB_URL: 'http://127.0.0.1:9/graphql' });
  const child = spawn(process.execPath, [program, 'get', 'servers', '-w'], { env });
  expect(await once(child, 'exit')).toEqual([5, null]);
});

test('prints JSON a line, and YAML a document for each event, with what went as it was', async () => {
  const [json, yaml] = [watch('networks', 'seen', '-o', 'json'), watch('networks', '-o', 'yaml')];
  expect(await once(json.child, 'exit')).toEqual([3, null]);
  await soon(() => expect(yaml.lines()).toContain('    name: before'));
  await site.ask('mutation { createNetwork(input: { name: "seen", cidr: "10.7.0.0/24" }) { __typename } }');
  const following = watch('network', 'seen', '-o', 'json');
  await soon(() => expect(following.lines()).toHaveLength(1));
  await site.ask('mutation { updateNetwork(by: { name: "seen" }, input: { vlan: 7 }) { __typename } }');
  await site.ask('mutation { deleteNetwork(by: { name: "seen" }) { __typename } }');
  await soon(() => expect(following.lines()).toHaveLength(3));
  const events = following.lines().map((line) => JSON.parse(line) as { type: string; object: object });
  const object = (vlan: number | null) => ({
    apiVersion: 'lab/v1',
    kind: 'Network',
    metadata: { name: 'seen' },
    spec: { cidr: '10.7.0.0/24', vlan },
  });
  expect(events).toMatchObject([
    { type: 'ADDED', object: object(null) },
    { type: 'MODIFIED', object: object(7) },
    { type: 'DELETED', object: object(7) },
  ]);
  await soon(() => expect(yaml.lines()).toContain('type: DELETED'));
});
