// Rows for tests that look at many servers: written straight into the tables.
import { randomUUID } from 'node:crypto';
import type { Database } from '../../server/store/types.ts';

/** Puts servers with two NICs, a disk and a membership each into the database, and a few networks and clusters. */
export async function fill(db: Database, servers: number): Promise<void> {
  const { prisma } = db;
  const networks = Array.from({ length: 3 }, (_, i) => ({
    id: randomUUID(),
    name: `net-${i}`,
    cidr: `10.${i}.0.0/16`,
  }));
  const clusters = Array.from({ length: 2 }, (_, i) => ({ id: randomUUID(), name: `cluster-${i}` }));
  const bastion = { id: randomUUID(), name: 'site' };
  const rows = Array.from({ length: servers }, (_, i) => ({
    id: randomUUID(),
    name: `m-${String(i).padStart(6, '0')}`,
    bootMac: `02:00:00:00:00:${(i % 256).toString(16).padStart(2, '0')}`,
    status: i % 2 ? 'INSTALLED' : 'DISCOVERED',
    role: i % 3 ? null : 'WORKER',
    bastionId: bastion.id,
  }));
  await prisma.storedQuery.create({ data: { name: 'names', document: '{ servers { nodes { name } } }', hash: '0' } });
  await prisma.network.createMany({ data: networks });
  await prisma.cluster.createMany({ data: clusters });
  await prisma.bastion.createMany({ data: [bastion] });
  for (let i = 0; i < rows.length; i += 500) {
    const some = rows.slice(i, i + 500);
    await prisma.server.createMany({ data: some });
    await prisma.serverNic.createMany({
      data: some.flatMap(({ id, bootMac }, n) =>
        [0, 1].map((k) => ({
          serverId: id,
          name: `eth${k}`,
          mac: bootMac,
          ip: `10.${k}.0.1`,
          state: 'UP',
          networkId: networks[(n + k) % 3]!.id,
        })),
      ),
    });
    await prisma.serverDisk.createMany({ data: some.map(({ id }) => ({ serverId: id, name: 'sda', sizeGb: 480 })) });
    await prisma.clusterMember.createMany({
      data: some.map(({ id }, n) => ({ serverId: id, clusterId: clusters[n % 2]!.id, role: 'WORKER' })),
    });
  }
}

/** What the benchmark asks: servers with NICs and their networks, disks, memberships and their clusters. */
export const nested = `query ($first: Int) {
  servers(first: $first) {
    nodes {
      id name status
      nics { nodes { name mac ip network { name cidr } } }
      disks { nodes { name sizeGb } }
      memberships { nodes { role cluster { name } } }
    }
  }
}`;
