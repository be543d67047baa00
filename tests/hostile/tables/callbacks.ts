// Callbacks and boots at a bastion by whoever knows a machine's MAC, or a token that is not, or no longer, that machine's.
import { expect } from 'vitest';
import { hashToken } from '../../../bastion/install/token.ts';
import { macOf } from '../../bastion/support.ts';
import type { HostileCase } from '../cases.ts';
import { expectNoLeak } from '../support.ts';

/** A machine that is being installed, one that is too, one whose install was cancelled, one whose install is over. */
export const [victim, other, cancelled, done] = [macOf(1), macOf(2), macOf(3), macOf(4)];

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
export const failed = (mac: string, seq = 7) => ({ mac, stage: 'packages', state: 'failed', error: 'x', seq });

type Said = Promise<{ readonly status: number; readonly body: unknown }>;
type Headers = Record<string, string>;

/** A bastion that installs these machines. */
export interface Site {
  say(body: object, headers?: Headers, query?: string): Said;
  write(body: object, headers?: Headers): Said;
  boot(query: string, method?: string): Promise<Response>;
  tokenOf(mac: string): string;
  /** The token of the victim's attempt before */
  before(): string;
  /** That the victim is where it was, here and at labd. */
  unmoved(): Promise<void>;
}

/** By a status; what is 202 is taken for a repetition. */
const strangers: [name: string, send: (site: Site) => Said, status: number][] = [
  ['Progress by a MAC alone', ({ say }) => say(failed(victim)), 401],
  ['Output by a MAC alone', ({ write }) => write({ mac: victim, line: 'x' }), 401],
  ['Progress of a machine that nobody knows', ({ say }) => say(failed(macOf(99))), 401],
  ['The token in the query', ({ say, tokenOf }) => say(failed(victim), {}, `?token=${tokenOf(victim)}`), 401],
  [
    'The token as a parameter named access_token',
    ({ say, tokenOf }) => say(failed(victim), {}, `?access_token=${tokenOf(victim)}`),
    401,
  ],
  ['The token in the body', ({ say, tokenOf }) => say({ ...failed(victim), token: tokenOf(victim) }), 401],
  ['The token in a cookie', ({ say, tokenOf }) => say(failed(victim), { Cookie: `token=${tokenOf(victim)}` }), 401],
  ['The token without Bearer', ({ say, tokenOf }) => say(failed(victim), { Authorization: tokenOf(victim) }), 401],
  [
    'Basic in place of Bearer',
    ({ say, tokenOf }) => say(failed(victim), { Authorization: `Basic ${tokenOf(victim)}` }),
    401,
  ],
  ['Bearer and nothing', ({ say }) => say(failed(victim), { Authorization: 'Bearer ' }), 401],
  [
    'Two tokens in one header',
    ({ say, tokenOf }) => say(failed(victim), bearer(`${tokenOf(victim)} ${tokenOf(other)}`)),
    401,
  ],
  ['A token of 10,000 characters', ({ say }) => say(failed(victim), bearer('x'.repeat(10_000))), 401],
  ['A token that never was', ({ say }) => say(failed(victim), bearer(`lab_inst_${'A'.repeat(43)}`)), 410],
  ['A token that is no token of ours', ({ say }) => say(failed(victim), bearer('lab_pat_x')), 410],
  ['The hash of the token', ({ say, tokenOf }) => say(failed(victim), bearer(hashToken(tokenOf(victim)))), 410],
  ['The token in another case', ({ say, tokenOf }) => say(failed(victim), bearer(tokenOf(victim).toUpperCase())), 410],
  [
    'The token less its last letter',
    ({ say, tokenOf }) => say(failed(victim), bearer(tokenOf(victim).slice(0, -1))),
    410,
  ],
  ["Another machine's token", ({ say, tokenOf }) => say(failed(victim), bearer(tokenOf(other))), 410],
  [
    "Output with another machine's token",
    ({ write, tokenOf }) => write({ mac: victim, line: 'x' }, bearer(tokenOf(other))),
    410,
  ],
  ['The token of the attempt before', ({ say, before }) => say(failed(victim), bearer(before())), 410],
  [
    'Output with the token of the attempt before',
    ({ write, before }) => write({ mac: victim, line: 'x' }, bearer(before())),
    410,
  ],
  ['The token after a cancel', ({ say, tokenOf }) => say(failed(cancelled), bearer(tokenOf(cancelled))), 410],
  ['A repetition after a cancel', ({ say, tokenOf }) => say(failed(cancelled, 1), bearer(tokenOf(cancelled))), 410],
  ['The token after the outcome', ({ say, tokenOf }) => say(failed(done), bearer(tokenOf(done))), 410],
  ['Output after the outcome', ({ write, tokenOf }) => write({ mac: done, line: 'x' }, bearer(tokenOf(done))), 410],
  ['A number that was there', ({ say, tokenOf }) => say(failed(victim, 5), bearer(tokenOf(victim))), 202],
  ['A number that goes back', ({ say, tokenOf }) => say(failed(victim, 1), bearer(tokenOf(victim))), 202],
  ['A number past all numbers', ({ say, tokenOf }) => say(failed(victim, 2 ** 53), bearer(tokenOf(victim))), 422],
  ['A number that is none', ({ say, tokenOf }) => say({ ...failed(victim), seq: '9' }, bearer(tokenOf(victim))), 422],
  [
    'A state that only people decide',
    ({ say, tokenOf }) => say({ ...failed(victim), state: 'queued' }, bearer(tokenOf(victim))),
    422,
  ],
];

const odd: [name: string, query: string, method: string, status: number][] = [
  ['without a MAC', '', 'GET', 422],
  ['with an empty MAC', '?mac=', 'GET', 422],
  ['with a MAC for many', '?mac=01:00:5e:00:00:01', 'GET', 422],
  ['with a MAC for all', '?mac=ff:ff:ff:ff:ff:ff', 'GET', 422],
  ['with a MAC of zeros', '?mac=00:00:00:00:00:00', 'GET', 422],
  ['with a MAC that is a path', '?mac=../../attempts.json', 'GET', 422],
  ['with a MAC that is a pattern', '?mac=02:00:00:00:00:*', 'GET', 422],
  ['by POST', `?mac=${victim}`, 'POST', 405],
  ['by HEAD, which has no effect,', `?mac=${victim}`, 'HEAD', 405],
];

export const rows = (site: Site): HostileCase[] => [
  ...strangers.map(([name, send, status]): HostileCase => ({
    name,
    code: undefined,
    status,
    attack: async () => {
      const { status: answered, body } = await send(site);
      return { status: answered, text: JSON.stringify(body) };
    },
    also: async ({ text }) => {
      if (status === 202) expect(JSON.parse(text!)).toMatchObject({ repeated: true });
      expectNoLeak(text!);
      for (const mac of [victim, other, cancelled, done]) expect(text).not.toContain(site.tokenOf(mac));
      await site.unmoved();
    },
  })),
  ...odd.map(([what, query, method, status]): HostileCase => ({
    name: `A boot ${what}`,
    code: undefined,
    status,
    attack: async () => ({ status: (await site.boot(query, method)).status }),
    also: () => site.unmoved(),
  })),
];
