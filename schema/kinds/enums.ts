// The enums of the graph whose values are stored as they are written here.
import { builder } from '../base/builder.ts';
import { enumFilter } from '../lists/filter.ts';

export const ServerStatus = builder.enumType('ServerStatus', {
  description:
    'Where a server is in its life. What the operator decided and what is so at present are told apart from it: see `locked`, `maintenance` and `conditions`.',
  values: {
    DISCOVERED: { description: 'Seen and inspected; nothing of ours on its disk.' },
    PROVISIONING: { description: 'Exactly one install attempt is open.' },
    INSTALLED: { description: 'The installed system itself called back.' },
    FAILED: { description: 'The last attempt failed; it stays so until someone decides.' },
    RETIRED: { description: 'Out of service; kept for its history.' },
  } as const,
});

export const ServerRole = builder.enumType('ServerRole', {
  description: 'What a server does in a cluster.',
  values: {
    CONTROL_PLANE: { description: 'Runs the control plane of the cluster.' },
    WORKER: { description: 'Runs workloads, and no part of the control plane.' },
  } as const,
});

export const Firmware = builder.enumType('Firmware', {
  description: 'How a machine boots.',
  values: {
    UEFI: { description: 'The machine boots by UEFI.' },
    BIOS: { description: 'The machine boots by a legacy BIOS.' },
  } as const,
});

export const DhcpMode = builder.enumType('DhcpMode', {
  description: 'How bastions serve DHCP on a network.',
  values: {
    FULL: { description: 'They give out addresses, and say what to boot.' },
    PROXY: { description: "They only say what to boot, beside the site's own DHCP server." },
  } as const,
});

export const NicState = builder.enumType('NicState', {
  description: 'Whether a network interface has a link.',
  values: {
    UP: { description: 'The interface has a link.' },
    DOWN: { description: 'The interface has no link.' },
    UNKNOWN: { description: 'No report has said whether it has a link.' },
  } as const,
});

export const VmState = builder.enumType('VmState', {
  description: 'What a virtual machine does.',
  values: {
    RUNNING: { description: 'The virtual machine runs.' },
    STOPPED: { description: 'The virtual machine is off.' },
    PAUSED: { description: 'It is held in memory.' },
  } as const,
});

export const InstallPhase = builder.enumType('InstallPhase', {
  description: 'How far an install has come. It only advances.',
  values: {
    QUEUED: { description: 'Its bastion was asked; the machine has not booted yet.' },
    BOOTING: { description: 'The machine boots the installer.' },
    PRE: { description: 'The installer prepares.' },
    PARTITION: { description: 'The disk is being divided: from here on it is no longer what it was.' },
    PACKAGES: { description: 'Packages are being installed.' },
    POST: { description: 'The new system is being set up.' },
    REBOOT: { description: 'The machine boots from its disk.' },
    FIRST_BOOT: { description: 'The new system runs for the first time.' },
    DONE: { description: 'The new system called back.' },
  } as const,
});

export const InstallOutcome = builder.enumType('InstallOutcome', {
  description: 'What came of an install.',
  values: {
    SUCCEEDED: { description: 'The installed system called back.' },
    FAILED: { description: 'The installer failed, or was not heard of in time.' },
    CANCELLED: { description: 'Somebody cancelled it.' },
  } as const,
});

export const ServerStatusFilter = enumFilter(ServerStatus);
export const ServerRoleFilter = enumFilter(ServerRole);
export const InstallPhaseFilter = enumFilter(InstallPhase);
export const InstallOutcomeFilter = enumFilter(InstallOutcome);
export const NicStateFilter = enumFilter(NicState);
export const VmStateFilter = enumFilter(VmState);

/** A field whose enum's values are stored in a column as they are written. */
export const stored = <E extends object>(type: E, column: string) => ({
  type,
  extensions: { columns: [column] },
  resolve: (row: unknown) => (row as Record<string, never>)[column]!,
});

export const PowerState = builder.enumType('PowerState', {
  description: 'Whether a machine is on.',
  values: {
    ON: { description: 'The machine has power.' },
    OFF: { description: 'The machine has no power.' },
    UNKNOWN: { description: 'Nobody could tell.' },
  } as const,
});
