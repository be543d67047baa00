// lab power: switches servers on and off through the bastions that hold them, and says how they are.
import { setTimeout as sleep } from 'node:timers/promises';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import {
  PowerOfServerDocument,
  type PowerOfServerQuery,
  PowerServerDocument,
  ServerDocument,
} from '../generated/documents.ts';
import type { Row } from '../kinds/kind.ts';
import { orProblem } from '../kinds/problems.ts';
import { server as view } from '../kinds/server.ts';
import type { Client } from '../labd/client.ts';
import { confirmEach } from '../objects/confirm.ts';
import { findServer, serversIn } from '../objects/servers.ts';
import { patience } from '../terminal/duration.ts';
import { CliError, exits } from '../terminal/errors.ts';
import { harmless, word } from '../terminal/text.ts';

const actions = ['on', 'off', 'cycle', 'netboot', 'status'] as const;
type Action = (typeof actions)[number];
/** What an install does not survive */
const ENDS_INSTALLS: readonly Action[] = ['off', 'cycle', 'netboot'];

/** Milliseconds between two looks whether it is done. */
const LOOK = 500;

/** What is read of a server. */
const shape = { wide: false, full: false };

type Power = NonNullable<NonNullable<PowerOfServerQuery['one']>['power']>;

interface Ordered {
  readonly row: Row;
  readonly order: string;
}

interface Ended {
  readonly row: Row;
  readonly power: Power;
}

const textOf = ({ row: { name }, power: { action, state } }: Ended): string =>
  state === 'UNKNOWN'
    ? `server/${name}: ${word(action)} was sent, its state is unknown`
    : `server/${name} is ${word(state)}`;

const plain = ({ row, power: { action, outcome, state, since, message } }: Ended) => ({
  server: row.name,
  action: word(action),
  outcome: word(outcome),
  state: word(state),
  since,
  message,
});

const outputs = {
  text: (all: readonly Ended[]) =>
    all.filter(({ power }) => power.outcome === 'DONE').map((one) => `${harmless(textOf(one))}\n`),
  name: (all: readonly Ended[]) =>
    all.filter(({ power }) => power.outcome === 'DONE').map(({ row }) => `server/${harmless(row.name)}\n`),
  json: (all: readonly Ended[]) => [`${JSON.stringify(all.length === 1 ? plain(all[0]!) : all.map(plain), null, 2)}\n`],
} as const;

const failure = ({ row: { name }, power: { action, message } }: Ended): CliError =>
  new CliError(
    'failed',
    harmless(`server/${name}: ${word(action)} failed: ${message ?? 'its bastion did not say why.'}`),
  );

export default class PowerCommand extends LabCommand {
  static override summary = 'Switch servers on or off, or ask how they are.';
  static override description =
    'Through their management controllers, or Wake-on-LAN, as spec.bmc says; by the bastion that holds them, which begins within a minute or never. off, cycle and netboot do not ask the system of the machine; netboot has it boot from the network, once.';
  static override usage = `power SERVER… ${actions.join('|')} [flags]`;
  static override completes = ['servers', ['servers', { of: actions }]] as const;
  static override strict = false;
  static override examples = [
    '<%= config.bin %> power db status',
    '<%= config.bin %> power db on',
    '<%= config.bin %> power db web cycle --timeout 2m',
  ];
  static override flags = {
    timeout: Flags.string({ description: 'how long to wait for it', default: '4m' }),
    output: Flags.string({ char: 'o', description: 'how to print', options: Object.keys(outputs), default: 'text' }),
    yes: Flags.boolean({
      char: 'y',
      description: 'do not ask before a server is switched off in the middle of an install, a wipe or a shell',
    }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(PowerCommand);
    const words = argv as string[];
    const action = words.at(-1)?.toLowerCase() as Action;
    if (!actions.includes(action))
      throw new CliError(
        'usage',
        words.length === 0 ? 'Say which server, and what to do.' : `"${words.at(-1)}" is nothing to do with power.`,
        (lab) => `Such as: ${lab} power NAME ${actions.join('|')}`,
      );
    const names = serversIn(words.slice(0, -1), 'power');
    const deadline = this.terminal.elapsed() + patience(flags.timeout) * 1000;
    const client = await this.client(flags);
    const rows: Row[] = [];
    for (const name of names)
      rows.push(await findServer((by) => client.run(ServerDocument, { by, ...shape } as never), name));
    const busy: Row[] = [];
    for (const row of ENDS_INSTALLS.includes(action) ? rows : []) if (await isUnderWay(client, row)) busy.push(row);
    if (busy.length > 0 && !flags.yes)
      await confirmEach(
        client,
        `power ${action}`,
        busy.map((row) => ({ view, row })),
      );
    this.terminal.onSignal('SIGINT', () => {
      this.terminal.err.write('The order stands; nobody waits for it any more.\n');
      this.terminal.exit(exits.interrupted);
    });
    const ordered: Ordered[] = [];
    const failures: CliError[] = [];
    for (const row of rows) {
      try {
        ordered.push(await order(client, row, action));
      } catch (error) {
        if (!(error instanceof CliError)) throw error;
        failures.push(error);
      }
    }
    const ended: Ended[] = [];
    for (const one of ordered) {
      const end = await this.ending(client, one, deadline);
      if (end instanceof CliError) failures.push(end);
      else ended.push(end);
    }
    if (ended.length > 0)
      for (const text of outputs[flags.output as keyof typeof outputs](ended)) this.terminal.out.write(text);
    for (const { power } of ended)
      if (power.outcome === 'DONE' && power.message) this.terminal.err.write(`${harmless(power.message)}\n`);
    failures.push(...ended.filter(({ power }) => power.outcome !== 'DONE').map(failure));
    for (const { message } of failures.slice(0, -1)) this.terminal.err.write(`${message}\n`);
    const last = failures.at(-1);
    if (last) throw last;
  }

  private async ending(client: Client, { row, order: mine }: Ordered, deadline: number): Promise<Ended | CliError> {
    for (;;) {
      const { one } = await client.run(PowerOfServerDocument, { by: { id: row.id } });
      const power = one?.power;
      if (!power || power.order !== mine)
        return new CliError(
          'failed',
          `server/${harmless(row.name)}: somebody else wanted something of its power meanwhile.`,
        );
      if (power.outcome !== 'WAITING') return { row, power };
      if (this.terminal.elapsed() >= deadline)
        return new CliError(
          'timedOut',
          `server/${harmless(row.name)}: its bastion has not said yet how that ended. The order stands.`,
          (lab) => `Look again: ${lab} why server ${row.name}`,
        );
      await sleep(LOOK);
    }
  }
}

/** Whether an install, a wipe or a shell would end with its power. */
async function isUnderWay(client: Client, { id }: Row): Promise<boolean> {
  const { one } = await client.run(PowerOfServerDocument, { by: { id } });
  const [last] = one?.installs.nodes ?? [];
  return last !== undefined && last.outcome === null;
}

async function order(client: Client, row: Row, action: Action): Promise<Ordered> {
  const wanted = action.toUpperCase() as Uppercase<Action>;
  const { result } = await client.run(PowerServerDocument, { by: { id: row.id }, action: wanted });
  return { row, order: orProblem(result, 'Server').power!.order };
}
