// Tokens: credentials for programs. The secret is made before the transaction, and shown once after it.
import type { Writer } from '../../store/types.ts';
import { InvalidInput } from '../errors.ts';
import { type Input, type Inventory, namedColumns, type Permissions, placeIn, record } from '../objects/objects.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import { checkBetween, checkName } from '../objects/validate.ts';
import { demandMayGrant, permissionsOfUser } from './mayGrant.ts';
import { mint, type Minted } from './secrets.ts';

export type TokenPurpose = 'API' | 'BASTION' | 'AGENT';

/** Seconds. */
const HOUR = 3600;
const DAY = 24 * HOUR;
const TEN_YEARS = 3650 * DAY;
const MOST_USES = 10_000;

const lifetimes: Record<TokenPurpose, { usual: number; most: number }> = {
  API: { usual: 90 * DAY, most: TEN_YEARS },
  BASTION: { usual: HOUR, most: 30 * DAY },
  AGENT: { usual: HOUR, most: 30 * DAY },
};

const enrolledKinds = { BASTION: 'Bastion', AGENT: 'Agent' } as const;

const ending = (purpose: TokenPurpose, ttl: number | null | undefined): Date => {
  const { usual, most } = lifetimes[purpose];
  return new Date(Date.now() + checkBetween('input.ttl', ttl ?? usual, 1, most) * 1000);
};

/** Whose permissions an API token has: the caller's own unless it names another, who must not hold more. */
async function ownerOf(tx: Writer, input: Input, may: Permissions): Promise<string> {
  const ways = input['user'] as Ways | null | undefined;
  if (ways == null) {
    if (may.userId !== null) return may.userId;
    throw new InvalidInput('input.user', 'Only a user can have a token for the API.', 'Say whose it is to be.');
  }
  const userId = await resolveReference(tx, 'User', ways, 'input.user', may);
  demandMayGrant(may, await permissionsOfUser(tx, userId), 'make a token for this user');
  return userId;
}

async function columns(tx: Writer, input: Input, _before: unknown, may: Permissions): Promise<Record<string, unknown>> {
  const purpose = input['purpose'] as TokenPurpose;
  const { secret } = input as { secret?: Minted };
  if (!secret) throw new Error('A token is made without a secret');
  const { hash, shown } = secret;
  const subject = input['subject'] == null ? null : checkName('input.subject', input['subject'] as string);
  const name =
    (input['name'] as string | null | undefined) ?? `${purpose.toLowerCase()}-${subject ?? 'any'}-${hash.slice(0, 6)}`;
  const { secret: _secret, ttl: _ttl, user: _user, ...named } = input;
  const data = {
    ...namedColumns({ ...named, name }, null, may),
    purpose,
    prefix: shown,
    tokenHash: hash,
    expiresAt: ending(purpose, input['ttl'] as number | null | undefined),
  };
  if (purpose === 'API') return { ...data, userId: await ownerOf(tx, input, may) };
  // Whoever lets something join administers what joins.
  const { cloud, environment } = placeIn(data);
  may.demand('admin', enrolledKinds[purpose], { cloud, environment, name: subject ?? '*' });
  return {
    ...data,
    subject,
    usesLeft: checkBetween('input.uses', (input['uses'] as number | null | undefined) ?? 1, 1, MOST_USES),
  };
}

export const token: Inventory = {
  kind: 'Token',
  noun: 'token',
  prepare: (input) => Promise.resolve({ ...input, secret: mint(input['purpose'] === 'API' ? 'lab_pat' : 'lab_join') }),
  columns,
  remove: async (tx, row, may) => {
    const userId = row['userId'] as string | null;
    if (userId !== null && userId !== may.userId)
      demandMayGrant(may, await permissionsOfUser(tx, userId), 'delete the token of this user');
    await tx.client.token.delete({ where: { id: row.id } });
    record(tx, 'Token', placeIn(row), row, null);
  },
};
