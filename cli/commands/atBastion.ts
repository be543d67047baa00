// lab provision, reprovision and cancel with --bastion: installs by a bastion that has no labd.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedDisk } from '../../common/install/plan.ts';
import { bastionAt } from '../bastion/place.ts';
import { askBastion, type BastionAt, NoBastion } from '../bastion/socket.ts';
import { patience } from '../terminal/duration.ts';
import { CliError } from '../terminal/errors.ts';
import { programName } from '../terminal/programName.ts';
import { askFor } from '../terminal/secret.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, word } from '../terminal/text.ts';
import { plannedText } from './planned.ts';

/** What is to be installed, as it was typed. */
interface WantedHere {
  /** The bastion, as --bastion names it */
  readonly bastion: string;
  readonly os: string;
  readonly set: Readonly<Record<string, string>>;
  readonly again: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** Until they are installed, as --timeout says it; not at all without */
  readonly wait: string | undefined;
}

/** What an install would be. */
interface Considered {
  readonly server: string;
  readonly os: string;
  readonly parameters: object;
  readonly disk: PlannedDisk | null;
  readonly files: object;
  readonly kernelArguments: readonly string[];
  readonly hasData: boolean;
  readonly bootWarning: string | null;
}

interface Begun {
  readonly machine: string;
  readonly mac: string;
  readonly os: string;
  readonly number: number;
}

/** How a machine is. */
interface Machine {
  readonly name: string;
  readonly status: string;
  readonly stage?: string;
  readonly reason?: string;
}

/** Milliseconds between two looks. */
const PAUSE = 500;

async function install(terminal: Terminal, machines: readonly string[], wanted: WantedHere): Promise<void> {
  // Read before anything is done, as all that may be mistyped.
  const timeout = wanted.wait === undefined ? undefined : patience(wanted.wait);
  const at = await bastionAt(wanted.bastion, terminal);
  const { os, set, again } = wanted;
  const ask = <T>(machine: string, more: object = {}) =>
    askBastion<T>(at, { method: 'POST', path: '/api/installs', body: { machine, os, set, again, ...more } });
  // All are considered before anything is done: with a mistyped name nothing is.
  const all: Considered[] = [];
  for (const machine of machines) all.push(await ask<Considered>(machine, { dryRun: true }));
  if (wanted.dryRun) {
    for (const one of all) terminal.out.write(plannedText({ ...one, revision: null, filesReady: true }));
    return;
  }
  for (const { server, bootWarning } of all)
    if (bootWarning) terminal.err.write(`${harmless(`server/${server}: ${bootWarning}`)}\n`);
  if (!wanted.yes) await confirm(terminal, all);
  const begun: Begun[] = [];
  for (const machine of machines) {
    const one = await ask<Begun>(machine);
    begun.push(one);
    const name = harmless(one.machine);
    terminal.out.write(`server/${name} provisioning\n`);
    terminal.err.write(
      `Install ${one.number} of ${harmless(one.os)} begins when the machine boots from the network. Follow it: ${programName(terminal)} logs ${name} --bastion ${harmless(wanted.bastion)} -f\n`,
    );
  }
  if (timeout === undefined) return;
  const until = performance.now() + timeout * 1_000;
  for (const { mac } of begun) await installed(terminal, at, mac, { until, timeout });
}

async function cancel(terminal: Terminal, machines: readonly string[], { bastion }: WantedHere): Promise<void> {
  const at = await bastionAt(bastion, terminal);
  for (const machine of machines) {
    const asked = { method: 'POST', path: '/api/installs/cancel', body: { machine } } as const;
    const { machine: name, status } = await askBastion<{ machine: string; status: string }>(at, asked);
    terminal.out.write(`server/${harmless(name)} cancelled\n`);
    terminal.err.write(`It is ${word(status)}.\n`);
  }
}

/** What a bastion does, by the word that the table of verbs has for it. */
export const atBastion = { install, cancel } as const;

/** Asks for the name of each machine that has data on its disks. Throws CliError when nobody is there, or types another. */
async function confirm(terminal: Terminal, all: readonly Considered[]): Promise<void> {
  const withData = all.filter(({ hasData }) => hasData).map(({ server }) => server);
  if (withData.length === 0) return;
  if (!terminal.in.isTTY)
    throw new CliError(
      'usage',
      `Nobody is there to be asked whether to install ${withData.map(harmless).join(', ')}, whose disks have data.`,
      'Add --yes.',
    );
  for (const name of withData) {
    const typed = await askFor(terminal, `Its disks have data. Type ${harmless(name)} to install it: `);
    if (typed.trim() !== name) throw new CliError('failed', 'That is not its name. Nothing was done.');
  }
}

/** Waits until a machine is installed, also over restarts of the bastion. Throws CliError when it fails, or is late. */
async function installed(
  terminal: Terminal,
  at: BastionAt,
  mac: string,
  { until, timeout }: { readonly until: number; readonly timeout: number },
): Promise<void> {
  let told: string | undefined;
  for (;;) {
    const machine = await askBastion<Machine>(at, { method: 'GET', path: `/api/machines/${mac}` }).catch(
      (error: unknown) => {
        if (error instanceof NoBastion) return undefined;
        throw error;
      },
    );
    const name = harmless(machine?.name ?? mac);
    if (machine?.status === 'INSTALLED') return void terminal.out.write(`server/${name} installed\n`);
    if (machine && machine.status !== 'PROVISIONING')
      throw new CliError(
        'failed',
        `Server "${name}" is ${machine.status}: ${harmless(machine.reason ?? 'it failed.')}`,
      );
    if (machine?.stage !== undefined && machine.stage !== told)
      terminal.err.write(`${name}: ${harmless(machine.stage)}\n`);
    told = machine?.stage ?? told;
    if (performance.now() > until)
      throw new CliError('timedOut', `Server "${name}" is not installed after ${timeout} s.`);
    await sleep(PAUSE);
  }
}
