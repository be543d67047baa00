// What the tests of enrolment share: a small labd that really speaks TLS and really signs, and a bastion that joins it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import type { Bastion } from '../../bastion/bastion.ts';
import {
  authorityOf,
  makeAuthority,
  type Authority,
  type AuthorityKeys,
} from '../../server/domain/access/authority.ts';
import { mint } from '../../server/domain/access/secrets.ts';
import { startFakeLabd, type FakeLabd, type FakeLabdOptions } from '../support/fake-labd.ts';
import { bastionIn, temporary, until } from './support.ts';
import { realSystem } from '../../common/system.ts';

export const ID = '0197a1f2-0000-7000-8000-000000000001';

export let keys: AuthorityKeys;
export let authority: Authority;
export let dir: string;
let remove: () => Promise<void>;
export let labd: FakeLabd;
export let bastion: Bastion | undefined;
let logged: Record<string, unknown>[];

beforeAll(async () => {
  keys = await makeAuthority(realSystem);
  authority = await authorityOf(keys, realSystem);
});
beforeEach(async () => {
  ({ dir, remove } = await temporary());
  logged = [];
});
afterEach(async () => {
  await bastion?.stop();
  bastion = undefined;
  await labd.stop();
  await remove();
});

export const serve = async (options: FakeLabdOptions = {}) => (labd = await startFakeLabd({ authority, ...options }));
export const tokenFor = (of: Authority = authority) => `${mint('lab_join').text}.${of.keyHash}`;
const log = () =>
  pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) });
export const start = async (more: Parameters<typeof bastionIn>[1] = {}) =>
  (bastion = await bastionIn(dir, { labd: labd.url, log: log(), ...more }));
export const said = () => logged.map(({ msg, reason }) => `${String(msg)} ${String(reason ?? '')}`).join('\n');
export const heard = (words: string | RegExp) =>
  until(() => (typeof words === 'string' ? said().includes(words) : words.test(said())));
export const restart = async (more: Parameters<typeof bastionIn>[1] = {}) => {
  await bastion!.stop();
  return start(more);
};
export const keyIn = async (path: string) =>
  (JSON.parse(await readFile(join(dir, path), 'utf8')) as { key: string }).key;

/** The keys that asked to join, each once. A request's signature differs each time; the key has the same place in all. */
export const publicKeys = ({ enrolled }: FakeLabd) => [
  ...new Set(
    enrolled.map(({ csr }) =>
      Buffer.from(csr.replace(/-----.*-----/g, ''), 'base64')
        .subarray(8, 104)
        .toString('hex'),
    ),
  ),
];
