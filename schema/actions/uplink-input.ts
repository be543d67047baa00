// What bastions send over the uplink.
import { builder } from '../base/builder.ts';
import type { Counted } from '../base/counted.ts';
import { PowerState, ServerRole } from '../kinds/enums.ts';
import { BegunInput } from './begun-input.ts';
import { MachineReportInput } from './report-input.ts';

const proof =
  "SHA-256 of the attempt's token that came with it, in hexadecimal. Null when none came: then it says that the machine was seen.";

export const OpenUplinkInput = builder.inputType('OpenUplinkInput', {
  description: 'How a bastion introduces itself. `oldest` and `newest` are 0 as long as nothing was ever spooled.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name, a DNS label.' }),
    cloud: t.string({ required: true, description: 'The cloud it is in; taken when it is registered.' }),
    environment: t.string({ required: true, description: 'The environment it is in; taken when it is registered.' }),
    instance: t.string({ required: true, description: 'A UUID made once per state directory.' }),
    protocol: t.int({ required: true, description: 'The version of the uplink that it speaks.' }),
    software: t.string({ required: true, description: 'The version of its software.' }),
    oldest: t.field({
      type: 'Counter',
      required: true,
      description: 'The oldest sequence that is still in its spool.',
    }),
    newest: t.field({ type: 'Counter', required: true, description: 'The newest sequence that it has given out.' }),
  }),
});

export const TellBastionFilesInput = builder.inputType('TellBastionFilesInput', {
  description: 'Which files a bastion holds.',
  fields: (t) => ({
    bastion: t.id({ required: true, description: 'The id of the bastion.' }),
    epoch: t.field({ type: 'Counter', required: true, description: 'The epoch that openUplink answered.' }),
    files: t.stringList({
      description:
        'The SHA-256 of each file, and `TREE/PATH` of each file of a tree; `*` for anything. Null from a bastion that installs nothing.',
    }),
  }),
});

const LeaseInput = builder.inputType('LeaseInput', {
  description: 'An address that a DHCP server gave to a machine.',
  fields: (t) => ({
    ip: t.string({ required: true, description: 'The address, of IPv4.' }),
    mac: t.string({ required: true, description: 'The MAC address of the interface that has it, in any spelling.' }),
    expiresAt: t.field({
      type: 'DateTime',
      required: true,
      description: 'When the lease runs out if nobody renews it.',
    }),
  }),
});

export const TellBastionLeasesInput = builder.inputType('TellBastionLeasesInput', {
  description: 'Which addresses the DHCP server of a bastion gave.',
  fields: (t) => ({
    bastion: t.id({ required: true, description: 'The id of the bastion.' }),
    epoch: t.field({ type: 'Counter', required: true, description: 'The epoch that openUplink answered.' }),
    leases: t.field({
      type: [LeaseInput],
      required: true,
      description: 'All leases that have not run out, 1,500 at most. They take the place of those told before.',
    }),
  }),
});

const MachineState = builder.enumType('MachineState', {
  description: 'What a machine says of its installation.',
  values: {
    QUEUED: { description: 'It is about to be installed. Moves nothing: only people begin an install.' },
    INSTALLED: { description: 'Its installed system runs.' },
    FAILED: { description: 'Its installation failed.' },
    CANCELLED: { description: 'Somebody cancelled its installation at the bastion, where it was asked for.' },
  } as const,
});

const ProgressInput = builder.inputType('ProgressInput', {
  description:
    'A progress callback. With the proof of its open attempt, a stage is recorded on it and `state` ends it. Without, the machine was seen.',
  fields: (t) => ({
    mac: t.string({ required: true, description: 'The MAC address of the machine.' }),
    stage: t.string({ required: true, description: 'The stage, as the installer names it.' }),
    message: t.string({ description: 'What the installer says of the stage, for people.' }),
    error: t.string({ description: 'What went wrong, as the installer says it; null when nothing did.' }),
    state: t.field({ type: MachineState, description: 'What this means for the machine.' }),
    hostname: t.string({ description: 'The host name of the installed system.' }),
    ip: t.string({ description: 'The IP address of the installed system.' }),
    role: t.field({ type: ServerRole, description: 'The role that the machine took in a cluster.' }),
    os: t.string({ description: 'The operating system that was installed, such as `fedora-43`.' }),
    seq: t.field({
      type: 'Counter',
      description: 'The number that the machine gave it, from 1. One that does not go up was applied before.',
    }),
    proof: t.string({ description: proof }),
    begun: t.field({
      type: BegunInput,
      description:
        'It begins this install of `os`, whose proof is new to labd: one that the bastion was asked for while it had no labd.',
    }),
  }),
});

const LogInput = builder.inputType('LogInput', {
  description: "Lines of an installation's output.",
  fields: (t) => ({
    mac: t.string({ required: true, description: 'The MAC address of the machine.' }),
    firstSequence: t.field({
      type: 'Counter',
      required: true,
      description: 'The number of the first line; the bastion counts them per machine.',
    }),
    lines: t.stringList({ required: true, description: 'The lines of output, in order.' }),
    proof: t.string({ description: proof }),
  }),
});

const SnapshotBeginInput = builder.inputType('SnapshotBeginInput', {
  description: 'A snapshot of all machines that the bastion holds begins.',
  fields: (t) => ({ machines: t.int({ required: true, description: 'How many will follow.' }) }),
});

const SnapshotPartInput = builder.inputType('SnapshotPartInput', {
  description: 'A part of a snapshot.',
  fields: (t) => ({
    reports: t.field({ type: [MachineReportInput], required: true, description: 'Some of the machines.' }),
  }),
});

const SnapshotEndInput = builder.inputType('SnapshotEndInput', {
  description: 'The snapshot is complete: what it lacks becomes stale. It deletes nothing.',
  fields: (t) => ({ machines: t.int({ required: true, description: 'How many there were.' }) }),
});

const UplinkBodyInput = builder.inputType('UplinkBodyInput', {
  description: 'What an item says: exactly one of these.',
  isOneOf: true,
  fields: (t) => ({
    report: t.field({ type: MachineReportInput, description: 'A machine reported its hardware.' }),
    progress: t.field({ type: ProgressInput, description: 'A machine made progress.' }),
    log: t.field({ type: LogInput, description: 'A machine wrote output.' }),
    snapshotBegin: t.field({ type: SnapshotBeginInput, description: 'A snapshot of all machines begins.' }),
    snapshotPart: t.field({ type: SnapshotPartInput, description: 'The snapshot that was begun goes on.' }),
    snapshotEnd: t.field({ type: SnapshotEndInput, description: 'The snapshot that was begun ends.' }),
  }),
});

const UplinkItemInput = builder.inputType('UplinkItemInput', {
  description: 'One item of the spool. Sequences within a batch follow each other.',
  fields: (t) => ({
    sequence: t.field({
      type: 'Counter',
      required: true,
      description: 'Its number, counted up by one per state directory.',
    }),
    at: t.field({ type: 'DateTime', required: true, description: "When it happened, by the bastion's clock." }),
    body: t.field({
      type: UplinkBodyInput,
      required: true,
      description: 'What the item is about: a report, progress, output or a snapshot.',
    }),
  }),
});

const LostInput = builder.inputType('LostInput', {
  description:
    'What a bastion gave numbers to, and cannot send: everything that labd does not have yet up to a sequence.',
  fields: (t) => ({
    through: t.field({
      type: 'Counter',
      required: true,
      description: 'The last sequence that is lost, before the items of the batch.',
    }),
    reason: t.string({ required: true, description: 'Why they are lost, in a sentence for people.' }),
  }),
});

export const PushUplinkInput = builder.inputType('PushUplinkInput', {
  description: 'A batch of items of one session, in the order of their sequences.',
  fields: (t) => ({
    bastion: t.id({ required: true, description: 'The id of the bastion that sends this.' }),
    epoch: t.field({ type: 'Counter', required: true, description: 'The epoch that openUplink answered.' }),
    items: t.field({
      type: [UplinkItemInput],
      required: true,
      description: 'The items, at most 200; none is a heartbeat.',
      // They are what machines say, no conditions: what is in them is bounded by the bytes of a batch.
      extensions: { items: 'conditions' } satisfies Counted,
    }),
    newest: t.field({ type: 'Counter', description: 'The newest sequence that it has given out.' }),
    hash: t.string({
      description:
        'The running hash up to the last item, 32 hexadecimal digits; labd gives it back, and compares nothing.',
    }),
    lost: t.field({ type: LostInput, description: 'What is missing before the items, and will never come.' }),
  }),
});

const OrderOutcome = builder.enumType('OrderOutcome', {
  description: 'What became of an order.',
  values: {
    DONE: { description: 'The bastion did what was asked.' },
    REFUSED: { description: 'The bastion will not do it.' },
    FAILED: { description: 'The bastion tried, and could not.' },
    TAKEN: { description: 'The bastion is about to carry out a POWER, and asks whether that is still wanted.' },
  } as const,
});

export const AcknowledgeOrderInput = builder.inputType('AcknowledgeOrderInput', {
  description: "A bastion's answer to an order.",
  fields: (t) => ({
    bastion: t.id({ required: true, description: 'The id of the bastion that sends this.' }),
    epoch: t.field({ type: 'Counter', required: true, description: 'The epoch that openUplink answered.' }),
    order: t.id({ required: true, description: 'The id of the order, as bastionOrders told it.' }),
    outcome: t.field({ type: OrderOutcome, required: true, description: 'What became of it.' }),
    message: t.string({ description: 'Why, in a sentence.' }),
    secretHash: t.string({
      description:
        'Of an INSTALL that is done: SHA-256, in hexadecimal, of the token that the bastion made for the attempt.',
    }),
    powerState: t.field({ type: PowerState, description: 'Of a POWER that ended: how the machine is now.' }),
  }),
});
