// What is asked of a server's life when the door is tried: servers of every status, and an install with all it can have.
import type { Database } from '../../server/store/types.ts';

type Prisma = Database['prisma'];

/** A disk of which everything is known. */
export const wholeDisk = {
  model: 'WD',
  serial: 'D1',
  wwn: '0x5000c500a1b2c3d4',
  transport: 'sata',
  rotational: true,
  removable: true,
  partitions: 3,
};

/** A profile of which everything is said. */
export const wholeProfile = {
  title: 'Fedora',
  installer: 'kickstart',
  mirror: 'https://mirror.lab.example',
  sums: { form: 'treeinfo', path: '.treeinfo' },
  files: [{ use: 'kernel', path: 'linux', bytes: null, sha256: null }],
  parameters: [{ name: 'locale', type: 'text', default: 'C', required: false, secret: false, help: '' }],
  kernelArguments: ['quiet'],
  templates: { 'ks.cfg': 'text\n' },
  stages: ['queued'],
};

/** Makes an install that failed; returns its id in the graph. */
export async function failedInstall(prisma: Prisma, serverId: string): Promise<string> {
  const [at, later] = [new Date(), new Date(Date.now() + 3_600_000)];
  const stage = { name: 'packages', position: 1, message: 'fetching', error: 'No space.' };
  const { id } = await prisma.installAttempt.create({
    data: {
      serverId,
      number: 1,
      profile: 'fedora-43',
      revision: 'none.1',
      parameters: { locale: { value: 'C', from: 'profile' } },
      disk: { name: 'sda', serial: 'D1', wwn: null, sizeGb: 480 },
      files: [{ use: 'kernel', path: 'linux', sha256: null }],
      role: 'WORKER',
      fromStatus: 'DISCOVERED',
      outcome: 'FAILED',
      failureStage: 'packages',
      failureReason: 'No space.',
      failureLines: ['hello'],
      phaseDeadline: later,
      hardDeadline: later,
      pausedAt: at,
      waiting: true,
      finishedAt: at,
      stages: { create: { ...stage, startedAt: at, finishedAt: at } },
      lines: { create: { seq: 0, line: 'hello' } },
    },
  });
  return `InstallAttempt:${id}`;
}

/** Gives a server an install with a stage that lasts, and others whose stages of that name were short. */
export async function slowSince(prisma: Prisma, serverId: string): Promise<void> {
  const [startedAt, soon] = [new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_599_000)];
  const stage = { name: 'post', position: 2, startedAt };
  const attempt = { serverId, profile: 'fedora-43', fromStatus: 'DISCOVERED' };
  await prisma.installAttempt.create({ data: { ...attempt, number: 5, stages: { create: stage } } });
  const past = { ...attempt, outcome: 'SUCCEEDED', finishedAt: soon };
  for (const number of [2, 3, 4])
    await prisma.installAttempt.create({
      data: { ...past, number, stages: { create: { ...stage, finishedAt: soon } } },
    });
}

/** The arguments of each mutation, with a server of its own that it may be done to. */
export function livingSamples(
  prisma: Prisma,
  bastionId: string,
  fresh: () => { name: string; bootMac: string },
): Record<string, () => Promise<string>> {
  const living =
    (status: string, more = '') =>
    async () => {
      const disks = { create: { name: 'sda', sizeGb: 480, serial: 'D1' } };
      const { id } = await prisma.server.create({ data: { ...fresh(), status, bastionId, disks } });
      const attempt = { serverId: id, number: 1, profile: 'fedora-43', fromStatus: 'DISCOVERED' };
      if (status === 'PROVISIONING') await prisma.installAttempt.create({ data: attempt });
      return `(by: { id: "Server:${id}" }${more})`;
    };
  const wanted = ', input: { os: "fedora-43" }';
  return {
    provisionServer: living('DISCOVERED', wanted),
    planInstall: living('DISCOVERED', wanted),
    reprovisionServer: living('INSTALLED', wanted),
    cancelServer: living('PROVISIONING'),
    abortServer: living('PROVISIONING'),
    adoptServer: living('DISCOVERED'),
    retireServer: living('DISCOVERED'),
    rescueServer: living('INSTALLED'),
    moveServer: living('INSTALLED', ', bastion: { name: "site" }'),
    powerServer: async () => {
      const { id } = await prisma.server.create({ data: { ...fresh(), bastionId, bmc: { type: 'wol' } } });
      return `(by: { id: "Server:${id}" }, action: ON)`;
    },
    restoreServer: living('RETIRED'),
    resetServer: living('FAILED'),
    forgetServer: living('DISCOVERED'),
  };
}
