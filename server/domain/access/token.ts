// Tokens, the credentials of programs: their columns and checks. The secret is generated before the transaction and shown
// once after it.
import type { Writer } from '../../store/types.ts';
import { type Checked, right } from '../../../common/checked.ts';
import { InvalidInput } from '../errors.ts';
import { choice, counter, type Fields, named, placed, reference, whole } from '../objects/fields.ts';
import { type Input, type Inventory, type Permissions, placeIn, record } from '../objects/objects.ts';
import type { Columns, Reading } from '../objects/readInput.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import { checkBetween } from '../objects/validate.ts';
import { allowedToUser, demandMayGrant } from './mayGrant.ts';
import { type Lifetime, lifetimeOf, products } from './lifetimes.ts';
import { endWhatHangsOn } from './lineage.ts';
import { mint, type Minted } from './secrets.ts';

type TokenPurpose = 'API' | 'BASTION' | 'AGENT';

/** The input, with the secret that it was prepared with. */
interface TokenInput {
  readonly purpose: TokenPurpose;
  readonly uses?: number | null;
  readonly ttl?: number | null;
  readonly secret?: Minted;
}

const MOST_USES = 10_000;

/** What each is in the table of lifetimes. */
const made = { API: 'token', BASTION: 'joinToken', AGENT: 'joinToken' } as const;

const enrolledKinds = { BASTION: 'Bastion', AGENT: 'Agent' } as const;

/** When it ends, and with what; `ttl` is in seconds. Throws InvalidInput when what the caller holds does not last as long. */
function checkEnd(
  now: number,
  purpose: TokenPurpose,
  ttl: number | null | undefined,
  { maker }: Permissions,
): Checked<Lifetime> {
  const product = made[purpose];
  const field = 'input.ttl';
  const seconds = checkBetween(field, ttl ?? 1, 1, products[product].most / 1000);
  if ('problems' in seconds) return seconds;
  const wanted = ttl == null ? undefined : ttl * 1000;
  return right(lifetimeOf(maker, product, { now, wanted, field }));
}

/** Whose permissions an API token has: the caller's own unless it names another, who must not hold more. */
async function ownerOf(tx: Writer, input: Input, may: Permissions): Promise<string> {
  const ways = input['user'] as Ways | null | undefined;
  if (ways == null) {
    if (may.userId !== null) return may.userId;
    throw new InvalidInput('input.user', 'Only a user can have a token for the API.', 'Say whose it is to be.');
  }
  const userId = await resolveReference(tx, 'User', ways, 'input.user', may);
  demandMayGrant(may, await allowedToUser(tx, userId, may), 'make a token for this user');
  return userId;
}

/** What a token says at its making, and no more after it. */
const fields = Object.fromEntries(
  Object.entries({
    purpose: {
      type: choice('TokenPurpose', 'API', 'BASTION', 'AGENT'),
      required: true,
      description: 'What the token is for: the API, or a bastion or an agent that enrols.',
    },
    name: { type: named.name.type, description: 'The name, a DNS label; one is made up when absent.' },
    cloud: {
      ...placed.cloud,
      description: 'The cloud it belongs to, and what enrols with it; `default` when absent.',
    },
    environment: {
      ...placed.environment,
      description: 'The environment it belongs to, and what enrols with it; `default` when absent.',
    },
    labels: placed.labels,
    user: {
      type: reference('User'),
      column: null,
      description: 'Whose permissions it has; your own when absent. API only.',
    },
    subject: {
      type: named.name.type,
      description: 'The name that whatever enrols with it gets. BASTION and AGENT only.',
    },
    uses: {
      type: whole(1, MOST_USES),
      column: null,
      description: 'How often something can enrol with it; once when absent. BASTION and AGENT only.',
    },
    ttl: {
      type: counter,
      column: null,
      description:
        'After how many seconds it ends; when absent, 90 days for the API and an hour to enrol, or when what it is made with ends.',
    },
  } satisfies Fields).map(([name, field]) => [name, { ...field, fixed: true }] as const),
);

async function derive(columns: Columns, { tx, input, may }: Reading): Promise<Checked<Columns>> {
  const { purpose, uses, ttl, secret } = input as unknown as TokenInput;
  if (!secret) throw new Error('A token is made without a secret');
  const subject = (columns['subject'] as string | undefined) ?? null;
  const ends = checkEnd(tx.system.now(), purpose, ttl, may);
  if ('problems' in ends) return ends;
  const data = {
    name: columns['name'] ?? `${purpose.toLowerCase()}-${subject ?? 'any'}-${secret.hash.slice(0, 6)}`,
    prefix: secret.shown,
    tokenHash: secret.hash,
    ...ends.value,
    subject: null,
  };
  if (purpose === 'API') return right({ ...data, userId: await ownerOf(tx, input, may) });
  // Whoever lets something join administers what joins.
  const { cloud, environment } = placeIn(columns);
  may.demand('admin', enrolledKinds[purpose], { cloud, environment, name: subject ?? '*' });
  const usesLeft = checkBetween('input.uses', uses ?? 1, 1, MOST_USES);
  return 'problems' in usesLeft ? usesLeft : right({ ...data, subject, usesLeft: usesLeft.value });
}

export const token: Inventory = {
  kind: 'Token',
  noun: 'token',
  prepare: (input) => Promise.resolve({ ...input, secret: mint(input['purpose'] === 'API' ? 'lab_pat' : 'lab_join') }),
  fields,
  derive,
  remove: async (tx, row, may) => {
    const userId = row['userId'] as string | null;
    if (userId !== null && userId !== may.userId)
      demandMayGrant(may, await allowedToUser(tx, userId, may), 'delete the token of this user');
    await tx.client.token.delete({ where: { id: row.id } });
    record(tx, 'Token', placeIn(row), row, null);
    await endWhatHangsOn(tx, [`Token:${row.id}`]);
  },
};
