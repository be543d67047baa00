// Tombstones mark servers that were forgotten: until a bastion acknowledges that, its reports of the machine are ignored.
import type { Prisma, Tombstone } from '../../../store/generated/client.ts';
import { isRespelt, serialOf, uuidOf } from './recognise.ts';

/** The tombstones that these bastions have not acknowledged. */
export const tombstonesOf = (client: Prisma.TransactionClient, bastions: readonly string[]): Promise<Tombstone[]> =>
  client.$queryRawUnsafe(
    `SELECT id, server_id AS "serverId", bastion_id AS "bastionId", name, dmi_uuid AS "dmiUuid", "serial", macs, order_id AS "orderId",
            created_at AS "createdAt", acknowledged_at AS "acknowledgedAt"
       FROM tombstone WHERE bastion_id = ANY($1::uuid[]) AND acknowledged_at IS NULL`,
    bastions,
  );

/** The values of a report by which its tombstone is found. */
export interface Mention {
  bastionId: string;
  macs: readonly string[];
  uuid?: string | undefined;
  serial?: string | undefined;
}

/** The tombstone of the machine that is reported, if there is one. */
export const tombstoneOf = (
  tombstones: readonly Tombstone[],
  { bastionId, macs, uuid, serial }: Mention,
): Tombstone | undefined =>
  tombstones.find((tombstone) => {
    if (tombstone.bastionId !== bastionId) return false;
    if (macs.some((mac) => tombstone.macs.includes(mac))) return true;
    return (
      isRespelt(uuid, tombstone.dmiUuid, uuidOf) &&
      (serialOf(serial) === undefined || serialOf(serial) === serialOf(tombstone.serial))
    );
  });
