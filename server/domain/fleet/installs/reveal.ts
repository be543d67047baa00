// What Secrets keep, read for the order that needs it: it goes to the bastion that installs, and into no row.
import type { Prisma } from '../../../store/generated/client.ts';
import type { Database } from '../../../store/types.ts';
import { SecretDamaged } from '../../secrets/keyring.ts';
import { sealedName, type Secrets } from '../../secrets/secrets.ts';

/** The values of Secrets by their ids; those that are gone or damaged are not among them, and the install says so. */
export type Reveal = (client: Prisma.TransactionClient, ids: readonly string[]) => Promise<Record<string, string>>;

export const revealing =
  (secrets: Secrets, logger: Database['logger']): Reveal =>
  async (client, ids) => {
    const found = await client.secret.findMany({
      where: { id: { in: [...new Set(ids)] } },
      select: { id: true, name: true, secretRef: true },
    });
    const values: Record<string, string> = {};
    for (const { id, name, secretRef } of found) {
      try {
        const value = await secrets.get(client, sealedName(secretRef));
        if (value !== undefined) values[id] = value;
      } catch (error) {
        if (!(error instanceof SecretDamaged)) throw error;
        logger.error({ secret: name, reason: error.message }, 'A secret that an install needs cannot be read');
      }
    }
    return values;
  };
