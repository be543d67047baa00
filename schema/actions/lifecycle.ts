// A server's life as mutations, made from the domain's table: one for each thing that people do.
import type { InputFieldMap } from '@pothos/core';
import { deleteObject, type Permissions, type Target } from '../../server/domain/objects/objects.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { act, type Deed, deeds, type InstallInput } from '../../server/domain/inventory/lifecycle.ts';
import { rescue } from '../../server/domain/inventory/errands.ts';
import { powerServer } from '../../server/domain/inventory/powerServer.ts';
import type { PowerAction as PowerActionName } from '../../common/power/actions.ts';
import { PowerAction } from '../kinds/serverPower.ts';
import { moveServer } from '../../server/domain/inventory/moveServer.ts';
import { type Tried, tryInstall } from '../../server/domain/inventory/tryInstall.ts';
import type { Writer } from '../../server/store/types.ts';
import { builder } from '../base/builder.ts';
import { ServerRole } from '../kinds/enums.ts';
import { resultUnion } from '../base/errors.ts';
import { Bastion } from '../kinds/bastion.ts';
import { Server } from '../kinds/server.ts';
import { meanings } from '../kinds/serverActions.ts';
import { change, mutate } from './mutation.ts';

const InstallInputType = builder.inputType('InstallInput', {
  description: 'What to install on a server.',
  fields: (t) => ({
    os: t.string({ required: true, description: 'The OS profile, such as `fedora-43`.' }),
    role: t.field({ type: ServerRole, description: 'What it is to do in a cluster; as decided before when absent.' }),
    set: t.field({
      type: 'JSON',
      description:
        "Values of the profile's parameters by name: a map, whose values count before those of the server, its clusters and the profile. `disk` says which disk, as `serial:…`, `wwn:…` or its name.",
    }),
    name: t.string({ description: 'A new name for it, a DNS label; as before when absent.' }),
  }),
});

type Args = {
  by: Record<string, string>;
  ifVersion?: number | null;
  input?: InstallInput;
  wipe?: boolean | null;
  sshKeys?: readonly string[] | null;
  bastion?: Record<string, string>;
  action?: PowerActionName;
};

const which = builder.args((t) => ({
  by: t.field({
    type: Server.by,
    required: true,
    description: 'Which server: give exactly one of the ways that ServerBy has.',
  }),
  ifVersion: t.field({
    type: 'Counter',
    description: 'Only if the server is still at this version; else a Conflict is answered.',
  }),
}));

const install = builder.args((t) => ({
  input: t.field({
    type: InstallInputType,
    required: true,
    description: 'The system to install, and what the server is to be.',
  }),
}));

const wiping = builder.args((t) => ({
  wipe: t.boolean({
    description:
      'Whether to wipe its disks at its next boot from the network: what is on them is lost. How far that gets is the last of its `installs`.',
  }),
}));

/** What comes with some of the deeds, besides which server. */
const more: Readonly<Partial<Record<Deed, InputFieldMap>>> = { retire: wiping };

const keys = builder.args((t) => ({
  sshKeys: t.stringList({
    description:
      'Public SSH keys, with which the shell is reached over the network; on the consoles alone without any.',
  }),
}));

const holder = builder.args((t) => ({
  bastion: t.field({
    type: Bastion.by,
    required: true,
    description: 'The bastion that is to hold it: give exactly one of the ways that BastionBy has.',
  }),
}));

const powering = builder.args((t) => ({
  action: t.field({ type: PowerAction, required: true, description: 'What to do with its power.' }),
}));

const target = ({ by, ifVersion }: Args): Target => ({
  ways: Server.referenceWays(by),
  called: `"${Object.values(by).find((value) => value != null)}"`,
  ifVersion,
});

type Work = Parameters<typeof mutate>[3];

function define(
  verb: string,
  description: string,
  action: 'apply' | 'destroy',
  args: InputFieldMap,
  prepare: (args: Args) => ReturnType<Work>,
): void {
  const name = `${verb}Server`;
  const type = resultUnion(`${name.charAt(0).toUpperCase()}${name.slice(1)}Result`, `What ${name} answers.`, [
    Server.object,
  ]);
  builder.mutationField(name, (t) =>
    t.field({
      type,
      action,
      kind: 'Server',
      description,
      args,
      resolve: (_root, given, context) =>
        mutate(context, name, 'Server', () => prepare(given as Args), { lockHead: true }),
    }),
  );
}

for (const [deed, { permission, installs }] of Object.entries(deeds) as [Deed, (typeof deeds)[Deed]][]) {
  const args = { ...which, ...(installs ? install : {}), ...more[deed] };
  define(
    deed,
    meanings[deed],
    permission,
    args,
    (given) => (tx, may) => act(tx, deed, target(given), { install: given.input, wipe: given.wipe ?? false }, may),
  );
}

const InstallPlanned = builder.objectRef<Tried>('InstallPlanned').implement({
  description: 'What an install would be: nothing was changed.',
  fields: (t) => ({
    server: t.string({ description: 'The name of the server.', resolve: ({ server }) => server.name }),
    os: t.string({
      description: 'The OS profile that it would be installed from.',
      resolve: ({ plan }) => plan.profile.name,
    }),
    revision: t.string({ description: "The profile's revision.", resolve: ({ plan }) => plan.revision }),
    parameters: t.field({
      type: 'JSON',
      description:
        'Values of parameters by name, as `value` and `from`. Of a secret the value is the name of the Secret.',
      resolve: ({ resolved }) => resolved,
    }),
    disk: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The disk that it would go to, as `name`, `serial`, `wwn` and `sizeGb`; null for none.',
      resolve: ({ plan }) => plan.disk,
    }),
    filesReady: t.boolean({
      nullable: true,
      description:
        'Whether the bastion that holds the server has what the profile is installed from; null when it does not say, or none holds it.',
      resolve: ({ filesReady }) => filesReady,
    }),
    bootWarning: t.string({
      nullable: true,
      description:
        'What may keep the machine from booting what is installed, and what to do about it: a BIOS is told to boot its first drive alone, unless `boot` of the server says how. Null where nothing is known.',
      resolve: ({ bootWarning }) => bootWarning,
    }),
    files: t.field({
      type: 'JSON',
      description:
        'What the installer would be told: texts by file name, with stand-ins for addresses, tokens and secrets.',
      resolve: ({ rendered }) => rendered.files,
    }),
    kernelArguments: t.stringList({
      description: 'What its kernel would be started with.',
      resolve: ({ rendered }) => [...rendered.kernelArguments],
    }),
  }),
});

builder.mutationField('planInstall', (t) =>
  t.field({
    type: resultUnion('PlanInstallResult', 'What planInstall answers.', [InstallPlanned]),
    action: 'apply',
    kind: 'Server',
    description: 'Tries an install: says what it would be told and which disk it would go to, and changes nothing.',
    args: { ...which, ...install },
    resolve: async (_root, given, context) => {
      const args = given as Args;
      const work = () => (tx: Writer, may: Permissions) => tryInstall(tx, target(args), args.input!, may);
      return { ...(await change(context, 'planInstall', 'Server', work)), __typename: 'InstallPlanned' };
    },
  }),
);

define(
  'rescue',
  'Gives a shell in the ramdisk, once, at its next boot from the network. Its disks stay as they are, and so does its status. Who has used it is the last of its `installs`.',
  'apply',
  { ...which, ...keys },
  (given) => (tx, may) => rescue(tx, target(given), given.sshKeys ?? [], may),
);

define(
  'move',
  'Has another bastion of its place hold it, which boots and installs it from then on. Not while it is being installed; a shell or a wipe that was ordered is cancelled.',
  'apply',
  { ...which, ...holder },
  (given) => (tx, may) => moveServer(tx, target(given), Bastion.referenceWays(given.bastion!), may),
);

define(
  'power',
  'Switches its power, or asks how it is, through the bastion that holds it; what comes of it is told in `power`. Its bastion begins within a minute, or never.',
  'apply',
  { ...which, ...powering },
  (given) => (tx, may) => powerServer(tx, target(given), given.action!, may),
);

define(
  'forget',
  'Forgets a server, as deleteServer does. Answers with the object as it was.',
  'destroy',
  which,
  (given) => (tx, may) => deleteObject(tx, inventory.Server, target(given), may),
);
