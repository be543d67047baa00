// lab provision, reprovision, cancel, abort, adopt, retire, rescue, move, restore, reset and forget: what people do with a server's life.
import type { Interfaces } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { type CommandClass, LabCommand } from '../command/command.ts';
import { BASTION_HELP } from '../bastion/place.ts';
import { confirmEach } from '../objects/confirm.ts';
import { patience } from '../terminal/duration.ts';
import { CliError } from '../terminal/errors.ts';
import {
  BeforeInstallDocument,
  type BeforeInstallQuery,
  PlanInstallDocument,
  type ServerRole,
  ServerDocument,
} from '../generated/documents.ts';
import type { Row } from '../kinds/kind.ts';
import { server as view } from '../kinds/server.ts';
import type { Client } from '../labd/client.ts';
import { objectOf, orProblem, typedFlags } from '../kinds/problems.ts';
import { programName } from '../terminal/programName.ts';
import { findServer, serversIn } from '../objects/servers.ts';
import { constant, harmless, word } from '../terminal/text.ts';
import { type Given, type Verb, verbs } from './lifecycleVerbs.ts';

const installFlags = {
  os: Flags.string({ required: true, description: 'OS profile, such as fedora-43' }),
  set: Flags.string({
    multiple: true,
    description:
      'parameter of the profile, NAME=VALUE; several times. disk=serial:SERIAL, wwn:WWN or NAME says which disk',
  }),
  role: Flags.string({ description: 'what it is to do in a cluster, control-plane or worker' }),
  name: Flags.string({ description: 'a new name for it' }),
  wait: Flags.boolean({ description: 'wait until it is installed' }),
  timeout: Flags.string({ description: 'how long to wait; 30m when absent', dependsOn: ['wait'] }),
  'dry-run': Flags.boolean({ description: 'only say what would be installed where, and change nothing' }),
  bastion: Flags.string({ description: BASTION_HELP, exclusive: ['role', 'name'] }),
};

const askFlags = { yes: Flags.boolean({ char: 'y', description: 'do not ask' }) };

/** NAME=VALUE as values by name. Throws a usage error. */
function settings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new CliError('usage', `--set "${pair}" sets nothing.`, 'Write NAME=VALUE, such as --set disk=sda.');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

const inputOf = ({ os, set, role, name }: Given) => ({
  // The flag is required.
  os: os!,
  set: set && settings(set),
  role: role === undefined ? undefined : (constant(role) as ServerRole),
  name,
});

type Before = NonNullable<BeforeInstallQuery['one']>;

/** How those are on which it may be done. What may not be is refused, and nobody is asked or warned. */
async function before(client: Client, rows: readonly Row[], verb: string): Promise<Before[]> {
  const found: Before[] = [];
  for (const { id } of rows) {
    const { one } = await client.run(BeforeInstallDocument, { by: { id } });
    if (one?.allowedActions.some((action) => word(action) === verb)) found.push(one);
  }
  return found;
}

/** Whether something on its disks may be lost: it has a system or partitions, or an install has written to them. */
const hasData = ({ status, os, disks, installs }: Before): boolean =>
  status === 'INSTALLED' ||
  os !== null ||
  disks.nodes.some(({ partitions }) => (partitions ?? 0) > 0) ||
  installs.nodes.length > 0;

/** Whether there can be a warning of how it boots: with another firmware, or one disk, there is none. */
const mayMissItsDisk = ({ firmware, disks }: Before): boolean => firmware === 'BIOS' && disks.nodes.length > 1;

function command(verb: string, definition: Verb): CommandClass {
  const example = `<%= config.bin %> ${verb} ${definition.installs ? 'm-38052533e2e4 --os fedora-43 --wait' : 'labmaster'}`;
  return class extends LabCommand {
    static override summary = definition.summary;
    static override description = definition.description;
    static override usage = `${verb} SERVER…${definition.installs ? ' --os PROFILE [--set NAME=VALUE] [flags]' : definition.flags ? ' [flags]' : definition.asks ? ' [--yes]' : ''}`;
    static override completes = 'servers' as const;
    static override strict = false;
    static override examples = [example];
    static override flags: Interfaces.FlagInput = {
      ...(definition.installs ? installFlags : {}),
      ...definition.flags,
      ...(definition.asks || definition.installs ? askFlags : {}),
    };

    async run(): Promise<void> {
      const { flags, argv } = await this.parse(this.constructor as never);
      const given = flags as Given;
      const names = serversIn(argv as string[], verb);
      if (given.name !== undefined && names.length > 1)
        throw new CliError('usage', 'Several servers cannot have one name.', 'Leave --name out, or name one server.');
      if (definition.atBastion && given.bastion !== undefined)
        return this.askBastion(definition.atBastion, names, given, given.bastion);
      const timeout = given.wait ? patience(given.timeout ?? '30m') : 0;
      const client = await this.client(flags as never);
      // All are looked up before anything is done: with a mistyped name nothing is.
      const rows: Row[] = [];
      for (const name of names) {
        const variables = { wide: false, full: false };
        rows.push(await findServer((by) => client.run(ServerDocument, { by, ...variables } as never), name));
      }
      if (given['dry-run']) return this.plan(client, rows, given);
      const looked = definition.installs ? await before(client, rows, verb) : [];
      await this.warn(client, looked.filter(mayMissItsDisk), given);
      const asks = definition.asks === 'wipe' ? given.wipe : definition.asks;
      const asked: readonly Row[] = asks ? rows : looked.filter(hasData);
      if (asked.length > 0 && !given.yes)
        await confirmEach(
          client,
          verb,
          asked.map((row) => ({ view, row })),
        );
      const done: { id: string; name: string }[] = [];
      const own = (await definition.variables?.(given)) ?? {};
      for (const row of rows) done.push(await this.carryOut(client, row, given, own));
      if (!given.wait) return;
      const { waitFor } = await import('../follow/wait.ts');
      for (const { id } of done) await waitFor(client, view, id, { goal: 'status=installed', timeout });
    }

    /** By a bastion that has no labd. */
    private async askBastion(
      what: NonNullable<Verb['atBastion']>,
      names: readonly string[],
      given: Given,
      bastion: string,
    ): Promise<void> {
      const { atBastion } = await import('./atBastion.ts');
      const { os = '', yes = false, wait, timeout = '30m', 'dry-run': dryRun = false } = given;
      const set = settings(given.set ?? []);
      const again = verb === 'reprovision';
      const wanted = { bastion, os, set, again, yes, dryRun, wait: wait ? timeout : undefined };
      await atBastion[what](this.terminal, names, wanted);
    }

    private async plan(client: Client, rows: readonly Row[], given: Given): Promise<void> {
      const { plannedText } = await import('./planned.ts');
      for (const { id } of rows) {
        const { result } = await client.run(PlanInstallDocument, { by: { id }, input: inputOf(given) });
        this.terminal.out.write(plannedText(orProblem(result, 'InstallPlanned', typedFlags(given))));
      }
    }

    /**
     * Says of each what may keep it from booting what is installed. Why one cannot be installed, whoever tries it is told,
     * and refused once: no other is planned then.
     */
    private async warn(client: Client, rows: readonly Before[], given: Given): Promise<void> {
      for (const { id, name } of rows) {
        const { result } = await client.run(PlanInstallDocument, { by: { id }, input: inputOf(given) });
        if (result.__typename !== 'InstallPlanned') return;
        if (result.bootWarning) this.terminal.err.write(`${harmless(`server/${name}: ${result.bootWarning}`)}\n`);
      }
    }

    private async carryOut(
      client: Client,
      { id }: Row,
      given: Given,
      own: object,
    ): Promise<{ id: string; name: string }> {
      const variables = { by: { id }, ...own, ...(definition.installs ? { input: inputOf(given) } : {}) };
      const { result } = await client.run(definition.document, variables as never);
      const object = objectOf(result, typedFlags(given));
      this.terminal.out.write(`server/${harmless(object.name)} ${definition.done}\n`);
      const more = definition.more?.(result, programName(this.terminal));
      if (more) this.terminal.err.write(`${harmless(more)}\n`);
      return object;
    }
  };
}

export const lifecycleCommands = Object.fromEntries(
  Object.entries(verbs).map(([verb, definition]) => [verb, command(verb, definition)]),
) as Record<keyof typeof verbs, CommandClass>;
