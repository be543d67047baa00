// What DHCP is to serve is asked for again and again, handed on when it has changed, and asked for no less after a refusal.
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { ConnectionEnded, OperationFailed, type Connection } from '../../../bastion/uplink/connection.ts';
import { followSite, type SiteServer } from '../../../bastion/uplink/followSite.ts';
import { defaultTimings } from '../../../bastion/uplink/timings.ts';

const site = (tag: string) => ({ tag, networks: [], reservations: [], boots: [] });

test('labd is told what is known, and what it says anew is served, until the connection ends', async () => {
  const end = new ConnectionEnded('labd is gone');
  const answers = [site('a'), null, new OperationFailed([{ message: 'No such field' }]), site('b'), end];
  const asked: unknown[] = [];
  const request = async (_document: unknown, variables: unknown) => {
    asked.push(variables);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return { bastionSite: answer };
  };
  const served: string[] = [];
  const server: SiteServer = {
    get known() {
      return served.at(-1);
    },
    serve: async ({ tag }) => void served.push(tag),
  };
  const context = { timings: defaultTimings, sleep: async () => {}, log: pino({ level: 'silent' }) };
  const following = followSite(context, { request } as unknown as Connection, 'Bastion:1', server);
  await expect(following).rejects.toBe(end);
  expect(served).toEqual(['a', 'b']);
  expect(asked).toEqual([
    { bastion: 'Bastion:1' },
    { bastion: 'Bastion:1', known: 'a' },
    { bastion: 'Bastion:1', known: 'a' },
    { bastion: 'Bastion:1', known: 'a' },
    { bastion: 'Bastion:1', known: 'b' },
  ]);
});
