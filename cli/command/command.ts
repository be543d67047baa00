// What every command is: oclif's flags and arguments, parsed by oclif's parser, and a client for the labd they name.
// Its own Command class would bring along plugins, help and spinners, which cost more time than most commands take.
import type { Interfaces } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { parse } from '@oclif/core/parser';
import { type Client, openClient } from '../labd/client.ts';
import { findTarget, type TargetFlags } from '../labd/target.ts';
import { CliError, exits } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Output = Record<string, unknown>;

/** The arguments and flags that a command's class declares, as oclif's help and parser read them. */
interface Definition<F extends Output, B extends Output, A extends Output> {
  readonly strict?: boolean;
  readonly args?: Interfaces.ArgInput<A>;
  readonly flags?: Interfaces.FlagInput<F>;
  readonly baseFlags?: Interfaces.FlagInput<B>;
}

/** What words are, where labd, the catalog or the configuration know them: `objects` are kinds, then names of that kind. */
export type NamedSource =
  | 'objects'
  | 'kinds'
  | 'names'
  | 'fields'
  | 'servers'
  | 'queries'
  | 'profiles'
  | 'bastions'
  | 'users'
  | 'roles'
  | 'contexts'
  | 'files'
  | 'filters'
  | 'orders'
  | 'selectable';

/** Where words come from: also names of a kind, the values of the enum of a kind's field, or just these words. */
export type Source =
  | NamedSource
  | { readonly names: string }
  | { readonly enum: string; readonly of: string }
  | { readonly of: readonly string[] };

/** What the words of a command are: all the same, or one place after the other, the last for all that follow. */
export type Completes = Source | readonly (Source | readonly Source[])[];

/** A command. */
export abstract class Command {
  static summary?: string;
  static description?: string;
  static usage?: string;
  static examples?: string[];
  static aliases: string[] = [];
  static strict = true;
  /** Not listed */
  static hidden = false;
  /** What its words are, for completion */
  static completes: Completes | undefined = undefined;
  static baseFlags: Interfaces.FlagInput = {};
  static flags: Interfaces.FlagInput = {};
  static args: Interfaces.ArgInput = {};
  protected readonly argv: string[];
  protected readonly terminal: Terminal;

  constructor(argv: string[], terminal: Terminal) {
    this.argv = argv;
    this.terminal = terminal;
  }

  /** Resolves to the exit code; to nothing when all is done. */
  abstract run(): Promise<number | void>;

  /** A failure, with what can be found out about it. */
  clarify(error: unknown): Promise<unknown> {
    return Promise.resolve(error);
  }

  /** The words after the command as flags and arguments. Throws oclif's errors, which usageErrorOf words. */
  protected parse<F extends Output, B extends Output, A extends Output>({
    strict = true,
    args = {} as Interfaces.ArgInput<A>,
    flags = {} as Interfaces.FlagInput<F>,
    baseFlags = {} as Interfaces.FlagInput<B>,
  }: Definition<F, B, A>): Promise<Interfaces.ParserOutput<F, B, A>> {
    // Left to itself, oclif's parser takes whatever comes on standard input for an argument that is not given.
    const typed = Object.entries(args).map(([name, arg]) => [name, { ...(arg as object), name, ignoreStdin: true }]);
    const all: Interfaces.FlagInput = { ...baseFlags, ...flags };
    return parse(this.argv, {
      strict,
      args: Object.fromEntries(typed) as Interfaces.ArgInput<A>,
      flags: all as Interfaces.FlagInput<F>,
      context: this as never,
    });
  }
}

export type CommandClass = new (argv: string[], terminal: Terminal) => Command;

const targetFlags = {
  context: Flags.string({ description: 'context of the configuration to use (LAB_CONTEXT)', helpGroup: 'GLOBAL' }),
  labd: Flags.string({ description: 'URL of labd, instead of a context (LAB_URL)', helpGroup: 'GLOBAL' }),
  token: Flags.string({ description: 'token to sign in with (LAB_TOKEN)', helpGroup: 'GLOBAL' }),
  'show-query': Flags.boolean({
    description: 'tell every document and its variables, on standard error',
    helpGroup: 'GLOBAL',
  }),
};

/** A failure of which labd knows more. */
interface Asking {
  clarify(client: Client): Promise<unknown>;
}

const isAsking = (error: unknown): error is Asking => error instanceof CliError && 'clarify' in error;

/** A command that talks to a labd. */
export abstract class LabCommand extends Command {
  static override baseFlags = targetFlags;
  #client: Client | undefined;

  /** Opens a client for the labd that the flags, the environment or the configuration name. */
  protected async client(flags: TargetFlags): Promise<Client> {
    return (this.#client = openClient(await findTarget(flags, this.terminal)));
  }

  /** Says of each object that is not there that it is not. Returns the exit code, which tells whether others were. */
  protected async tellMissing(missing: readonly CliError[], others: boolean): Promise<number> {
    if (missing.length === 0) return exits.done;
    await this.tellAll(missing);
    return others ? exits.failed : exits.notFound;
  }

  /** Says of each failure what it is. Returns the exit code of the first. */
  protected async tellAll(failures: readonly CliError[]): Promise<number> {
    const { reportFailure } = await import('./failures.ts');
    for (const one of failures) reportFailure(await this.clarify(one), this.terminal);
    return failures[0]?.exit ?? exits.done;
  }

  override async clarify(error: unknown): Promise<unknown> {
    return this.#client && isAsking(error) ? await error.clarify(this.#client) : error;
  }
}
