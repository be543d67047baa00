// What bastions send of a machine's hardware.
import type { InputFieldMap } from '@pothos/core';
import { FACTS } from '../../common/hardware/fields.ts';
import { builder } from '../base/builder.ts';
import { Firmware, NicState } from '../kinds/enums.ts';

const observed = 'Null when it was not reported, which changes nothing.';

const DiskReportInput = builder.inputType('DiskReportInput', {
  description: 'A disk, as a machine reported it.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name that the system gave it.' }),
    sizeGb: t.float({ description: `The size, decimal gigabytes. ${observed}` }),
    model: t.string({ description: `The model. ${observed}` }),
    serial: t.string({ description: `The serial number. ${observed}` }),
    wwn: t.string({ description: `The World Wide Name, such as 0x5000c500a1b2c3d4. ${observed}` }),
    transport: t.string({
      description: `What it is attached by: sata, sas, nvme, usb, virtio or another. ${observed}`,
    }),
    rotational: t.boolean({ description: `Whether it turns. ${observed}` }),
    removable: t.boolean({ description: `Whether it can be taken out while it runs. ${observed}` }),
    partitions: t.int({ description: `How many partitions it has. ${observed}` }),
  }),
});

const NicReportInput = builder.inputType('NicReportInput', {
  description: 'A network interface, as a machine reported it.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name that the system gave it.' }),
    mac: t.string({ required: true, description: 'The MAC address of the interface, in any spelling.' }),
    ip: t.string({ description: 'Its address; null when it has none.' }),
    state: t.field({ type: NicState, description: 'Whether it has a link.' }),
    addresses: t.stringList({ description: 'All its addresses with their prefixes, such as 192.168.8.20/24.' }),
    speedMbps: t.int({ description: `The speed of its link in megabits a second. ${observed}` }),
    driver: t.string({ description: `The driver that the system uses for it. ${observed}` }),
    pciAddress: t.string({ description: `Its place on the PCI bus, such as 0000:01:00.0. ${observed}` }),
    bond: t.string({ description: `The bond that it is part of. ${observed}` }),
    vlanParent: t.string({ description: `The interface that carries this one's tagged frames. ${observed}` }),
    lldpSwitch: t.string({ description: `The switch that it is plugged into, as that says by LLDP. ${observed}` }),
    lldpPort: t.string({ description: `The port of that switch. ${observed}` }),
  }),
});

/** What the facts of a machine are in the graph. */
const FACT_TYPES = {
  text: 'String',
  texts: ['String'],
  address: 'String',
  whole: 'Int',
  number: 'Float',
  uuid: 'String',
  firmware: Firmware,
} as const;

interface FactBuilder {
  field(options: { type: never; description: string }): never;
}

const factFields = (t: FactBuilder): InputFieldMap =>
  Object.fromEntries(
    Object.entries(FACTS).map(([name, { type, description }]) => [
      name,
      t.field({ type: FACT_TYPES[type] as never, description: `${description} ${observed}` }),
    ]),
  );

const IgnoredFieldInput = builder.inputType('IgnoredFieldInput', {
  description: "A field of a machine's report that could not be taken, and was left out, whole or in part.",
  fields: (t) => ({
    field: t.string({
      required: true,
      description: 'As the ramdisk spells it, such as `nics[1].mac`; empty for those beyond what is told.',
    }),
    reason: t.string({ required: true, description: "What goes on after the field's name, such as `is all zeros`." }),
    value: t.string({ description: 'As it came, as JSON, cut; null when nothing came.' }),
  }),
});

export const MachineReportInput = builder.inputType('MachineReportInput', {
  description: "A machine's hardware, as its ramdisk reported it. What is absent is unknown, not none.",
  fields: (t) => ({
    mac: t.string({ required: true, description: 'The MAC address it booted from.' }),
    ...factFields(t as unknown as FactBuilder),
    disks: t.field({ type: [DiskReportInput], description: 'All its disks. Null when they were not reported.' }),
    nics: t.field({ type: [NicReportInput], description: 'All its NICs. Null when they were not reported.' }),
    source: t.string({ description: 'By what means it was seen; `discover` when absent.' }),
    ignored: t.field({
      type: [IgnoredFieldInput],
      description: 'What of it could not be taken, at most 33 fields; null for nothing.',
    }),
  }),
});
