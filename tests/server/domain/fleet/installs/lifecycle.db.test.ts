// Random people and random callbacks, those of strangers and of attempts long over among them, against the real state
// machine: whatever they do, no server leaves its status but as the table says. LAB_RUNS says how many runs, LAB_SEED which.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conflict } from '../../../../../server/domain/errors.ts';
import type { UplinkBodyInput } from '../../../../../server/domain/fleet/contract/input.ts';
import { defaults } from '../../../../../server/domain/ledger/settings.ts';
import { tester } from '../../../../support/database.ts';
import { machine, macOf, openFleet, type TestBastion, type TestFleet } from '../fleet.ts';
import { deed, hashOf } from '../installing.ts';
import { ModelServer, nextOf, PHASES, STAGES, type ModelCallback } from './lifecycleModel.ts';

const MINUTE = 60_000;
/** Machines of one run, so that each can use what was another's. */
const MACHINES = 2;
const SEED = Number(process.env['LAB_SEED'] ?? Date.now() % 1_000_000);

const which = fc.nat({ max: MACHINES - 1 });
/** How far back an attempt is: mostly the newest. */
const back = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) });

const DEEDS = ['provision', 'reprovision', 'cancel', 'abort', 'reset', 'retire', 'restore', 'adopt'] as const;

const callback = fc.record({
  n: which,
  proof: fc.oneof(
    { weight: 8, arbitrary: fc.record({ of: fc.constant('own' as const), back }) },
    { weight: 1, arbitrary: fc.record({ of: fc.constant('other' as const), back }) },
    { weight: 1, arbitrary: fc.constantFrom({ of: 'nothing' as const }, { of: 'guess' as const }) },
  ),
  stage: fc.constantFrom(...Object.keys(STAGES)),
  state: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.constantFrom('QUEUED' as const, 'INSTALLED' as const, 'FAILED' as const) },
  ),
  // Small ones and the same again, in any order, and none at all, as a bastion's own words.
  seq: fc.option(fc.nat({ max: 12 }), { freq: 2 }),
  message: fc.constantFrom('one', 'two'),
});

const step = fc.oneof(
  // Without this few would get as far as an installer.
  { weight: 5, arbitrary: fc.record({ do: fc.constant('install' as const), n: which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deed' as const), n: which, what: fc.constantFrom(...DEEDS) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('acknowledge' as const),
      n: which,
      back,
      secret: fc.constantFrom('same', 'another'),
      outcome: fc.oneof(
        { weight: 8, arbitrary: fc.constant('DONE' as const) },
        { weight: 1, arbitrary: fc.constantFrom('REFUSED' as const, 'FAILED' as const) },
      ),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      // Another bastion says what it has no business to.
      by: fc.oneof(
        { weight: 8, arbitrary: fc.constant('holder' as const) },
        { weight: 1, arbitrary: fc.constant('stranger' as const) },
      ),
      callbacks: fc.array(callback, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('report' as const), n: which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      milliseconds: fc.constantFrom(1_000, 30_000, 5 * MINUTE, 21 * MINUTE, 3 * 60 * MINUTE),
      // Whether the bastion is heard of at the end, before labd looks.
      heard: fc.boolean(),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Of<D extends Step['do']> = Extract<Step, { do: D }>;

interface Site extends TestFleet {
  readonly holder: TestBastion;
  readonly stranger: TestBastion;
}

let machinesSoFar = 0;
let secretsSoFar = 0;
const newSecret = () => hashOf(`token ${++secretsSoFar}`);

/** Two new machines, what they should be by the model, and what is done to them. */
class Run {
  readonly #site: Site;
  readonly #first: number;
  readonly #servers = Array.from({ length: MACHINES }, () => new ModelServer());

  constructor(site: Site) {
    this.#site = site;
    this.#first = machinesSoFar + 1;
    machinesSoFar += MACHINES;
  }

  #machine(n: number): number {
    return this.#first + n;
  }

  async begin(): Promise<void> {
    await this.#site.holder.report(...this.#servers.map((_, n) => machine(this.#machine(n))));
  }

  readonly #steps: { readonly [D in Step['do']]: (one: Of<D>) => Promise<void> } = {
    install: async ({ n }) => {
      const what = this.#servers[n]!.status === 'INSTALLED' ? 'reprovision' : 'provision';
      await this.take({ do: 'deed', n, what });
      await this.take({ do: 'acknowledge', n, back: 0, secret: 'same', outcome: 'DONE' });
    },
    deed: async ({ n, what }) => {
      const input = what === 'provision' || what === 'reprovision' ? { os: 'fedora-43' } : undefined;
      const done = await deed(this.#site, this.#machine(n), what, input).then(
        () => true,
        (error: unknown) => {
          if (error instanceof Conflict && error.message.includes(`cannot ${what}`)) return false;
          throw error;
        },
      );
      expect(done).toBe(this.#servers[n]!.act(what, this.#site.clock.at));
    },
    acknowledge: async ({ n, back: ago, secret, outcome }) => {
      const server = this.#servers[n]!;
      const attempt = server.attempts.at(-1 - ago);
      if (!attempt) return;
      const { db, fleet, holder } = this.#site;
      const orders = await db.prisma.order.findMany({ where: { kind: 'INSTALL', serverId: await this.#idOf(n) } });
      const order = orders.find(({ payload }) => (payload as { attempt: number }).attempt === attempt.number)!;
      const secretHash = secret === 'same' && attempt.secret ? attempt.secret : newSecret();
      const answer = await fleet
        .acknowledge(tester, { bastion: holder.id, epoch: holder.epoch, order: order.id, outcome, secretHash })
        .catch((error: unknown) => {
          if (error instanceof Conflict) return 'refused' as const;
          throw error;
        });
      if (outcome === 'DONE') {
        const expected = server.begin(attempt, secretHash);
        expect(answer).toEqual(expected === 'refused' ? expected : expect.objectContaining({ attemptOpen: expected }));
      }
      // An order that was carried out is not refused any more.
      else if (order.acknowledgedAt === null) server.fail(attempt);
    },
    say: async ({ by, callbacks }) => {
      const now = this.#site.clock.at;
      const bodies = callbacks.map(({ n, proof, ...rest }): UplinkBodyInput => {
        const said: ModelCallback = { ...rest, proof: this.#proofOf(n, proof) };
        if (by === 'holder') this.#servers[n]!.callBack(said, now);
        return { progress: { mac: macOf(this.#machine(n)), ...said } };
      });
      await this.#site[by].send(...bodies);
    },
    report: async ({ n }) => {
      await this.#site.holder.report(machine(this.#machine(n)));
    },
    wait: async ({ milliseconds, heard }) => {
      const { clock, holder, fleet } = this.#site;
      clock.pass(milliseconds);
      if (heard) await holder.send();
      await fleet.sweep();
      await this.#overdue();
    },
  };

  #proofOf(n: number, proof: { of: 'own' | 'other'; back: number } | { of: 'nothing' | 'guess' }): string | null {
    if (proof.of === 'nothing') return null;
    if (proof.of === 'guess') return newSecret();
    const server = this.#servers[proof.of === 'own' ? n : (n + 1) % MACHINES]!;
    return server.attempts.at(-1 - (proof as { back: number }).back)?.secret ?? null;
  }

  #rowOf(n: number) {
    return { bootMac: macOf(this.#machine(n)) };
  }

  async #idOf(n: number): Promise<string> {
    return (await this.#site.db.prisma.server.findFirstOrThrow({ where: this.#rowOf(n) })).id;
  }

  /** The sweep may fail what is overdue and nothing else. How long a bastion that is away puts that off is told elsewhere. */
  async #overdue(): Promise<void> {
    const { db, clock } = this.#site;
    for (const [n, server] of this.#servers.entries()) {
      const { open } = server;
      if (!open) continue;
      const { status } = await db.prisma.server.findFirstOrThrow({ where: this.#rowOf(n) });
      if (status === 'PROVISIONING') continue;
      const { phaseTime, installTime } = defaults;
      expect(clock.at).toBeGreaterThan(Math.min(open.heard + phaseTime, open.begun + installTime));
      server.fail(open);
    }
  }

  /** Does one step, after which the database has what the model has. */
  async take(one: Step): Promise<void> {
    await this.#steps[one.do](one as never);
    await this.#compare();
  }

  async #compare(): Promise<void> {
    const { prisma } = this.#site.db;
    const rows = await prisma.server.findMany({
      where: { bootMac: { in: this.#servers.map((_, n) => macOf(this.#machine(n))) } },
      include: { attempts: { orderBy: { number: 'asc' } } },
      orderBy: { bootMac: 'asc' },
    });
    const real = rows.map(({ status, attempts }) => ({
      status,
      attempts: attempts.map((one) => ({
        number: one.number,
        fromStatus: one.fromStatus,
        phase: one.phase,
        outcome: one.outcome,
        diskTouched: one.diskTouched,
        lastSequence: Number(one.lastSequence),
        hasEnded: one.finishedAt !== null,
        isAwaited: one.phaseDeadline !== null,
      })),
    }));
    const modelled = this.#servers.map(({ status, attempts }) => ({
      status,
      attempts: attempts.map((one) => ({
        number: one.number,
        fromStatus: one.fromStatus,
        phase: PHASES[one.phase],
        outcome: one.outcome,
        diskTouched: one.diskTouched,
        lastSequence: one.lastSequence,
        hasEnded: one.outcome !== null,
        isAwaited: one.outcome === null,
      })),
    }));
    expect(real).toEqual(modelled);
    for (const { status, attempts } of this.#servers)
      expect(attempts.filter(({ outcome }) => outcome === null)).toHaveLength(status === 'PROVISIONING' ? 1 : 0);
  }

  /** Whatever it was, no attempt is left open for ever; and the change log tells of no step that is not in the table. */
  async end(): Promise<void> {
    for (let round = 0; round < 3; round++) await this.take({ do: 'wait', milliseconds: 3 * 60 * MINUTE, heard: true });
    expect(this.#servers.filter(({ open }) => open)).toEqual([]);
    const { prisma } = this.#site.db;
    for (const n of this.#servers.keys()) {
      const objectId = await this.#idOf(n);
      const changes = await prisma.change.findMany({ where: { objectId, kind: 'Server' }, orderBy: { rev: 'asc' } });
      const statuses = changes.map(({ after }) => (after as { status: string }).status);
      statuses.forEach((to, i) => {
        const from = statuses[i - 1] ?? 'DISCOVERED';
        if (to !== from) expect(nextOf(from)).toContain(to);
      });
    }
  }
}

test(`no callback and nobody moves a server but by the table, and no attempt but by its token (LAB_SEED=${SEED})`, async () => {
  const lab = await openFleet({ gather: 1 });
  const site: Site = { ...lab, holder: await lab.connect('holder'), stranger: await lab.connect('stranger') };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
      const run = new Run(site);
      await run.begin();
      for (const one of steps) await run.take(one);
      await run.end();
    }),
    { numRuns: Number(process.env['LAB_RUNS'] ?? 10), seed: SEED },
  );
});
