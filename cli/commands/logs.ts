// lab logs: what the installer of a server wrote, and what it writes.
import * as Flags from '@oclif/core/flags';
import { BASTION_HELP } from '../bastion/place.ts';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { CliError } from '../terminal/errors.ts';
import {
  FollowInstallDocument,
  InstallEndDocument,
  InstallLinesDocument,
  InstallOfServerDocument,
  type InstallOutlookFragment,
  InstallOutlookOfDocument,
} from '../generated/documents.ts';
import type { Client } from '../labd/client.ts';
import { endText } from '../kinds/install.ts';
import { findServer, serverIn } from '../objects/servers.ts';
import { harmless, until } from '../terminal/text.ts';

/** Lines that are read at once. */
const PAGE = 1_000;

interface Line {
  sequence: number;
  line: string;
}

export default class Logs extends LabCommand {
  static override summary = 'Print what the installer of a server wrote.';
  static override description = 'Of its last install, or of another one by its number. -f goes on until it is over.';
  static override completes = ['servers', []] as const;
  static override usage = 'logs SERVER [-f] [--install N] [--tail N] | logs install/SERVER.N';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> logs labmaster -f',
    '<%= config.bin %> logs labmaster --install 2 --tail 50',
    '<%= config.bin %> logs m-38052533e2e4 --bastion here -f',
  ];
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on and print what comes, until the install is over' }),
    install: integer({ description: 'number of the install; the last when absent', min: 1 }),
    bastion: Flags.string({ description: BASTION_HELP, exclusive: ['install'] }),
    tail: integer({ description: `only the last so many lines, ${PAGE} at most`, min: 0, max: PAGE }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Logs);
    const words = argv as string[];
    if (flags.bastion !== undefined) {
      const { logsAt } = await import('./logsAt.ts');
      return logsAt(this.terminal, serverIn(words, 'logs'), { ...flags, bastion: flags.bastion });
    }
    const named = installIn(words);
    const called = named?.server ?? serverIn(words, 'logs');
    const number = named?.number ?? flags.install;
    const client = await this.client(flags);
    const filter = number === undefined ? null : { number: { eq: number } };
    const server = await findServer(
      (by) => client.run(InstallOfServerDocument, { by, filter } as never) as Promise<{ one: Found | null }>,
      called,
    );
    const [install] = server.installs.nodes;
    if (!install) throw none(server.name, number);
    const reader = new Reader(client, install.id);
    if (flags.tail !== undefined) await reader.page({ last: flags.tail });
    else await reader.rest();
    if (!(await reader.over())) {
      await reader.outlook();
      if (flags.follow) {
        await reader.follow();
        await reader.outcome();
      }
    }
    await reader.end();
  }
}

/** An install by its name, SERVER.NUMBER, with its kind before it or not; undefined when a server is named. */
function installIn(words: readonly string[]): { server: string; number: number } | undefined {
  const [, server, number] = /^(?:installs?[ /])?([^ /]+)\.(\d{1,9})$/.exec(words.join(' ')) ?? [];
  return server === undefined ? undefined : { server, number: Number(number) };
}

interface Found {
  name: string;
  installs: { nodes: { id: string; name: string }[] };
}

const none = (server: string, number: number | undefined): CliError =>
  number === undefined
    ? new CliError(
        'notFound',
        `Nothing was ever installed on server "${server}".`,
        (lab) => `See: ${lab} why server ${server}`,
      )
    : new CliError(
        'notFound',
        `Server "${server}" has no install ${number}.`,
        (lab) => `See: ${lab} describe server ${server}`,
      );

/** When an install, and the stage that it is in, should be over; undefined where too little was learnt to say. */
function outlookText({ name, estimate, stages }: InstallOutlookFragment & { name: string }, now: number) {
  if (!estimate) return undefined;
  const running = stages.findLast(({ finishedAt }) => finishedAt === null);
  const stage = running?.expected ? `, its stage ${running.name} ${until(running.expected, now)}` : '';
  return `Expected to be over, as others were: ${name} ${until(estimate.eta, now)}${stage}.`;
}

/** Prints the lines of one install, each once. */
class Reader {
  readonly #client: Client;
  readonly #by: { id: string };
  #after: number | undefined;
  #dropped = 0;

  constructor(client: Client, id: string) {
    this.#client = client;
    this.#by = { id };
  }

  /** Reads and prints some lines after the last; returns how many. */
  async page(which: { first: number } | { last: number }): Promise<number> {
    const { lines, logDropped } = await this.#read(which);
    lines.forEach((line) => this.#print(line));
    this.#dropped = logDropped;
    return lines.length;
  }

  async rest(): Promise<void> {
    while ((await this.page({ first: PAGE })) === PAGE);
  }

  async over(): Promise<boolean> {
    return (await this.#read({ first: 0 })).outcome !== null;
  }

  /** Says when it should be over. */
  async outlook(): Promise<void> {
    const { terminal } = this.#client.target;
    const { install } = await this.#client.run(InstallOutlookOfDocument, { by: this.#by });
    const said = install && outlookText(install, terminal.now());
    if (said) terminal.err.write(`${harmless(said)}\n`);
  }

  /** Prints what comes, until the install is over. */
  async follow(): Promise<void> {
    const { followOn } = await import('../labd/resume.ts');
    await followOn<{ line: Line }>(this.#client.target, {
      document: FollowInstallDocument.toString(),
      variables: { by: this.#by },
      after: this.#after,
      each: ({ line }) => this.#print(line),
      cut: (why) => void this.#client.target.terminal.err.write(`labd is away (${why}); trying again\n`),
      back: () => undefined,
      over: () => this.over(),
    });
    // A labd that was stopping may have left some out.
    await this.rest();
  }

  /** Says how it ended, once it has. */
  async outcome(): Promise<void> {
    const { install } = await this.#client.run(InstallEndDocument, { by: this.#by });
    const said = install && endText(install);
    if (said) this.#client.target.terminal.err.write(`${harmless(said)}\n`);
  }

  async end(): Promise<void> {
    if (this.#dropped > 0)
      this.#client.target.terminal.err.write(
        `${this.#dropped} lines are not kept: more was written than is kept of one install.\n`,
      );
  }

  #print({ sequence, line }: Line): number {
    this.#client.target.terminal.out.write(`${harmless(line)}\n`);
    this.#after = sequence;
    return sequence;
  }

  async #read(which: { first: number } | { last: number }) {
    const variables = { by: this.#by, after: this.#after, ...which };
    const { install } = await this.#client.run(InstallLinesDocument, variables);
    if (install) return install;
    throw new CliError('notFound', 'The install is gone: its server was forgotten.');
  }
}
