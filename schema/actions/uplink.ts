// The uplink's mutations: what bastions call. bastion/PROTOCOL.md says in which order.
import type { MachineReportInput as Report } from '../../server/domain/fleet/contract/input.ts';
import type {
  BastionFilesTold as FilesTold,
  BastionLeasesTold as LeasesTold,
  OrderAcknowledged as Acknowledged,
  Uplink as Opened,
  UplinkAcknowledged as Taken,
  UplinkFenced as Fenced,
  UplinkGap as Gap,
} from '../../server/domain/fleet/contract/results.ts';
import { checkOpening } from '../../server/domain/fleet/uplink/open.ts';
import { Conflict, NotFound } from '../../server/domain/errors.ts';
import { demand } from '../permissions/scope.ts';
import { mayKnow, uplinkOf } from '../permissions/uplinkOf.ts';
import { builder } from '../base/builder.ts';
import { originOf } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { decodeId, encodeOrderId, decodeOrderId } from '../base/ids.ts';
import { Bastion } from '../kinds/bastion.ts';
import {
  AcknowledgeOrderInput,
  OpenUplinkInput,
  PushUplinkInput,
  TellBastionFilesInput,
  TellBastionLeasesInput,
} from './uplink-input.ts';

const Uplink = builder.objectRef<Opened>('Uplink').implement({
  description: 'An open uplink. Replay everything after `acknowledged`; when `snapshotWanted`, send a snapshot first.',
  fields: (t) => ({
    bastion: t.field({
      type: Bastion.object,
      description: 'The bastion, as labd knows it.',
      resolve: ({ bastion }) => bastion,
    }),
    epoch: t.expose('epoch', {
      type: 'Counter',
      description: 'Stands in every call of this connection; a newer one fences it.',
    }),
    acknowledged: t.expose('acknowledged', { type: 'Counter', description: 'The last sequence that labd has taken.' }),
    hash: t.exposeString('hash', {
      nullable: true,
      description: "The bastion's running hash up to `acknowledged`; null when it never gave one.",
    }),
    snapshotWanted: t.exposeBoolean('snapshotWanted', {
      description: 'Whether labd missed something and needs a snapshot.',
    }),
  }),
});

const UplinkAcknowledged = builder.objectRef<Taken>('UplinkAcknowledged').implement({
  description: 'Everything up to `acknowledged` is committed and may be dropped.',
  fields: (t) => ({
    acknowledged: t.expose('acknowledged', { type: 'Counter', description: 'The last sequence that labd has taken.' }),
    snapshotWanted: t.exposeBoolean('snapshotWanted', { description: 'Whether labd needs a snapshot.' }),
  }),
});

const UplinkGap = builder.objectRef<Gap>('UplinkGap').implement({
  description: 'The batch does not follow what was acknowledged. Resend from `expected`, or send a snapshot.',
  fields: (t) => ({
    expected: t.expose('expected', { type: 'Counter', description: 'The sequence that should have come first.' }),
    message: t.exposeString('message', { description: 'What happened, in a sentence.' }),
  }),
});

const UplinkFenced = builder.objectRef<Fenced>('UplinkFenced').implement({
  description: 'A newer connection of this bastion took over, or the bastion is gone: nothing was taken.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What happened, in a sentence.' }),
    epoch: t.expose('epoch', { type: 'Counter', description: 'The epoch that is valid now.' }),
  }),
});

const OrderAcknowledged = builder.objectRef<Acknowledged>('OrderAcknowledged').implement({
  description: "The bastion's answer to an order is recorded.",
  fields: (t) => ({
    order: t.id({ description: 'The order that was answered.', resolve: ({ order }) => encodeOrderId(order) }),
    attemptOpen: t.exposeBoolean('attemptOpen', {
      nullable: true,
      description:
        'Of an INSTALL that is done: whether its attempt is open and has this secret. Only then may the machine be booted into the installer. Null of all else.',
    }),
    stillWanted: t.exposeBoolean('stillWanted', {
      nullable: true,
      description:
        'Of a POWER that is TAKEN: whether it is to be carried out. It is not when it was taken before, or is more than a minute old. Null of all else.',
    }),
  }),
});

const BastionFilesTold = builder.objectRef<FilesTold>('BastionFilesTold').implement({
  description: 'What a bastion holds is known.',
  fields: (t) => ({
    files: t.exposeInt('files', {
      nullable: true,
      description: 'How many keys are known of it; null while it does not say.',
    }),
  }),
});

const BastionLeasesTold = builder.objectRef<LeasesTold>('BastionLeasesTold').implement({
  description: "What a bastion's DHCP server gave is known.",
  fields: (t) => ({
    leases: t.exposeInt('leases', { description: 'How many leases are known of it.' }),
  }),
});

builder.mutationField('openUplink', (t) =>
  t.field({
    type: resultUnion('OpenUplinkResult', 'What openUplink answers.', [Uplink]),
    action: 'uplink',
    description:
      'Opens a session for a bastion and fences earlier ones. Without a certificate, one that is unknown is registered.',
    args: {
      input: t.arg({ type: OpenUplinkInput, required: true, description: 'How the bastion introduces itself.' }),
    },
    resolve: async (_root, { input }, context) => {
      checkOpening(input);
      const known = await context.database.prisma.bastion.findUnique({ where: { name: input.name } });
      const seen = known && (await mayKnow(context, 'openUplink', known));
      // Where it is, not only where it says it is: unless that is nothing that the caller may know.
      demand(context.caller.scope, 'uplink', 'Bastion', seen ? known : input);
      if (known && !seen)
        throw new Conflict(`The name "${input.name}" is another bastion's.`, 'Choose another name for this one.');
      // One that enrolled was made by that; if it is gone, somebody deleted it.
      if (!known && context.caller.kind === 'bastion')
        throw new NotFound(
          `There is no bastion "${input.name}" any more.`,
          `If it is to come back, enrol it anew: lab create token --bastion ${input.name}`,
        );
      return context.fleet.open(originOf(context, 'openUplink'), input);
    },
  }),
);

/** The items as the domain takes them, for which null and an absent field are the same. */
type Items = { sequence: number; at: Date; body: { report?: Report | null } }[];

builder.mutationField('pushUplink', (t) =>
  t.field({
    type: resultUnion('PushUplinkResult', 'What pushUplink answers.', [UplinkAcknowledged, UplinkGap, UplinkFenced]),
    action: 'uplink',
    description:
      'Takes a batch of at most 200 items, all or none; answers once they are committed. An empty batch is a heartbeat.',
    args: {
      input: t.arg({
        type: PushUplinkInput,
        required: true,
        description: 'The items, and the session that they are of.',
      }),
    },
    resolve: async (_root, { input }: { input: { bastion: string; epoch: number; items: Items } }, context) => {
      const bastion = decodeId(input.bastion, 'Bastion');
      const own = await uplinkOf(context, 'pushUplink', bastion);
      return context.fleet.push(originOf(context, 'pushUplink'), { ...input, bastion: own });
    },
  }),
);

builder.mutationField('acknowledgeOrder', (t) =>
  t.field({
    type: resultUnion('AcknowledgeOrderResult', 'What acknowledgeOrder answers.', [OrderAcknowledged, UplinkFenced]),
    action: 'uplink',
    description: "Records a bastion's answer to an order. Saying it twice does no harm.",
    args: {
      input: t.arg({ type: AcknowledgeOrderInput, required: true, description: 'The order, and what became of it.' }),
    },
    resolve: async (_root, { input }, context) => {
      const bastion = decodeId(input.bastion, 'Bastion');
      const order = decodeOrderId(input.order);
      const own = await uplinkOf(context, 'acknowledgeOrder', bastion);
      return context.fleet.acknowledge(originOf(context, 'acknowledgeOrder'), { ...input, bastion: own, order });
    },
  }),
);

builder.mutationField('tellBastionFiles', (t) =>
  t.field({
    type: resultUnion('TellBastionFilesResult', 'What tellBastionFiles answers.', [BastionFilesTold, UplinkFenced]),
    action: 'uplink',
    description:
      'Says which files a bastion holds, from which follows what it can install. Nothing is written when that is known.',
    args: {
      input: t.arg({ type: TellBastionFilesInput, required: true, description: 'The session, and the files.' }),
    },
    resolve: async (_root, { input }, context) => {
      const own = await uplinkOf(context, 'tellBastionFiles', decodeId(input.bastion, 'Bastion'));
      return context.fleet.tellFiles(originOf(context, 'tellBastionFiles'), { ...input, bastion: own });
    },
  }),
);

builder.mutationField('tellBastionLeases', (t) =>
  t.field({
    type: resultUnion('TellBastionLeasesResult', 'What tellBastionLeases answers.', [BastionLeasesTold, UplinkFenced]),
    action: 'uplink',
    description: 'Says which addresses the DHCP server of a bastion gave. A renewal is no change.',
    args: {
      input: t.arg({ type: TellBastionLeasesInput, required: true, description: 'The session, and the leases.' }),
    },
    resolve: async (_root, { input }, context) => {
      const own = await uplinkOf(context, 'tellBastionLeases', decodeId(input.bastion, 'Bastion'));
      return context.fleet.tellLeases(originOf(context, 'tellBastionLeases'), { ...input, bastion: own });
    },
  }),
);
