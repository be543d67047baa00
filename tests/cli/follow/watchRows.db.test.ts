// lab get -w for people: what is on a terminal, what one change is, and several kinds at once.
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { shareSite } from '../support.ts';
import { watching } from './watching.ts';

const site = shareSite(async ({ ask }) => {
  await ask('mutation { createNetwork(input: { name: "before", cidr: "10.0.0.0/24" }) { __typename } }');
});
const { watch, soon, atTerminal } = watching(site);

const makeBastions = (from: number, count: number) =>
  Promise.all(
    [...Array(count).keys()].map((i) =>
      site.ask(`mutation { createBastion(input: { name: "site-${from + i}" }) { __typename } }`),
    ),
  );

test('on a terminal draws one table in place, never wider or longer than the terminal, and drops what is deleted', async () => {
  await makeBastions(10, 4);
  const { child, out } = atTerminal('get bastions -o wide --search site-1');
  // Each frame begins by clearing what is below the place where the table starts.
  const frames = () => out().split('\u001b[J').slice(1);
  const shown = () => frames().at(-1)!.replaceAll('\r', '').split('\n').slice(0, 9);
  await soon(() => expect(shown().some((row) => row.startsWith('site-13'))).toBe(true));
  expect(shown()[0]).toMatch(/^NAME/);
  await site.ask('mutation { deleteBastion(by: { name: "site-10" }) { __typename } }');
  await soon(() => expect(shown().some((row) => row.startsWith('site-10'))).toBe(false));
  for (const frame of frames()) {
    const rows = frame
      .replace(/\u001b\[\d+A\r$/, '')
      .replaceAll('\r', '')
      .split('\n');
    expect(rows.length - 1).toBeLessThanOrEqual(9);
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(60);
  }
  // A frame goes up by as many lines as the one before it had.
  const ups = [...out().matchAll(/\u001b\[(\d+)A/g)].map(([, lines]) => Number(lines));
  expect(ups).toEqual(
    frames()
      .slice(0, -1)
      .map((frame) => frame.split('\n').length - 1),
  );
  child.stdin.write('\u0003');
  expect(await once(child, 'exit')).toEqual([130, null]);
});

test('on a terminal that the table outgrows, prints it whole, hides nothing, and appends what happens to any row', async () => {
  await makeBastions(30, 6);
  const { out } = atTerminal('get bastions --search site-3');
  await soon(() => expect(out()).toContain('site-35'));
  await makeBastions(36, 3);
  await soon(() => expect(out()).toMatch(/ADDED +site-38/));
  const appended = () => out().slice(out().lastIndexOf('\u001b[J')).replaceAll('\r', '');
  // What is in sight no more is there all the same, and nothing is cleared again.
  for (let i = 30; i < 39; i++) expect(appended()).toMatch(new RegExp(`ADDED +site-${i}`));
  expect(out()).not.toContain('more');
  await site.ask(
    'mutation { updateBastion(by: { name: "site-30" }, input: { labels: { rack: "9" } }) { __typename } }',
  );
  await site.ask('mutation { deleteBastion(by: { name: "site-31" }) { __typename } }');
  await soon(() => expect(appended()).toMatch(/MODIFIED +site-30[^]*DELETED +site-31/));
});

test('tells nothing of a change that shows no difference', async () => {
  await site.ask('mutation { createServer(input: { name: "calm", mac: "02:00:00:00:00:c1" }) { __typename } }');
  const following = watch('servers', 'calm');
  await soon(() => expect(following.lines()).toHaveLength(2));
  const update = (input: string) =>
    site.ask(`mutation { updateServer(by: { name: "calm" }, input: { ${input} }) { __typename } }`);
  await update('install: { disk: "sda" }');
  await update('role: WORKER');
  await soon(() => expect(following.lines().at(-1)).toMatch(/^MODIFIED +calm +discovered +worker/));
  await update('labels: { a: "b" }');
  await soon(() => expect(following.lines()).toHaveLength(4));
  expect(following.lines().map((line) => line.split(/ +/)[0])).toEqual(['EVENT', 'ADDED', 'MODIFIED', 'MODIFIED']);
});

test('watches several kinds at once, each row with its kind and under headers of its own', async () => {
  const following = watch('networks,servers', '--search', 'both');
  await site.ask('mutation { createNetwork(input: { name: "both", cidr: "10.66.0.0/24" }) { __typename } }');
  await soon(() => expect(following.lines().at(-1)).toMatch(/^ADDED +network\/both/));
  await site.ask('mutation { createServer(input: { name: "both", mac: "02:00:00:00:00:b0" }) { __typename } }');
  await soon(() => expect(following.lines().at(-1)).toMatch(/^ADDED +server\/both/));
  expect(following.lines().filter((line) => line.startsWith('EVENT'))).toHaveLength(2);
  const named = watch('network/both', 'server/both', '-o', 'name');
  await soon(() => expect(named.lines().sort()).toEqual(['ADDED network/both', 'ADDED server/both']));
  following.child.kill('SIGINT');
  expect(await once(following.child, 'exit')).toEqual([130, null]);
});

test('prints of each change what a path or columns name', async () => {
  await site.ask('mutation { createNetwork(input: { name: "path", cidr: "10.67.0.0/24" }) { __typename } }');
  const path = watch('network', 'path', '-o', 'jsonpath={.metadata.name}={.spec.vlan}');
  const columns = watch('network', 'path', '-o', 'custom-columns=N:.metadata.name,VLAN:.spec.vlan');
  await soon(() => expect([path.lines().length, columns.lines().length]).toEqual([1, 2]));
  await site.ask('mutation { updateNetwork(by: { name: "path" }, input: { vlan: 5 }) { __typename } }');
  await soon(() => expect(path.lines().at(-1)).toBe('path=5'));
  await soon(() => expect(columns.lines().at(-1)).toMatch(/^MODIFIED +path +5$/));
  for (const output of ['jsonpath={.metadata', 'custom-columns=N', 'jsonpath']) {
    const refused = watch('networks', '-o', output);
    expect([output, ...(await once(refused.child, 'exit'))]).toEqual([output, 2, null]);
  }
});
