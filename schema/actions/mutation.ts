// How mutations of one object run: in one transaction, with their origin in every change. Applying manifests and the
// uplink do it themselves; permissions/guard.ts turns errors into types.
import type { Action } from '../../server/domain/access/caller.ts';
import type { Permissions } from '../../server/domain/objects/objects.ts';
import type { Writer } from '../../server/store/types.ts';
import { demand, placesFor } from '../permissions/scope.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import { type Context, originOf } from '../base/context.ts';
import type { Result } from '../base/errors.ts';
import { resources } from '../kinds/index.ts';

/** The caller's permissions, as the domain asks for them. */
export function permissionsOf({ caller, secrets }: Context): Permissions {
  return {
    actor: caller.actor,
    userId: caller.kind === 'user' ? caller.id : null,
    scope: caller.scope,
    maker: caller.maker,
    secrets,
    demand: (action: Action, kind, place) => demand(caller.scope, action, kind as KindName, place),
    visible: (kind) => resources[kind as KindName].access.where(placesFor(caller.scope, 'read', kind as KindName)),
  };
}

/** How a mutation writes. */
interface Manner {
  readonly lockHead?: boolean | undefined;
  /** Does all of it, answers as if it were done, and lets nothing of it stay */
  readonly dryRun?: boolean | undefined;
}

/** Ends a transaction that was only tried, with what it would have answered. */
class Tried extends Error {
  readonly value: unknown;

  constructor(value: unknown) {
    super('Only tried');
    this.value = value;
  }
}

/** Writes in one transaction, or tries to; of what was tried the revision is null, as of what changed nothing. */
export async function writeOrTry<T>(
  context: Context,
  action: string,
  work: (tx: Writer) => Promise<T>,
  { lockHead = false, dryRun = false }: Manner,
): Promise<{ value: T; revision: bigint | null }> {
  const trial = async (tx: Writer): Promise<T> => {
    throw new Tried(await work(tx));
  };
  const goOn = () => context.beforeWriting();
  return context.database
    .write(originOf(context, action), dryRun ? trial : work, { lockHead, goOn })
    .catch((error: unknown) => {
      if (error instanceof Tried) return { value: error.value as T, revision: null };
      throw error;
    });
}

/** The part of a mutation that runs in its transaction, perhaps several times. */
type Work<T> = (tx: Writer, may: Permissions) => Promise<T>;

/**
 * Runs a mutation's work in one write transaction; `prepare` does slow work before it. A change of who may do what takes
 * effect for every caller of this labd before it is answered.
 */
export async function change<T>(
  context: Context,
  action: string,
  kind: KindName,
  prepare: () => Work<T> | Promise<Work<T>>,
  how: Manner = {},
): Promise<T> {
  const may = permissionsOf(context);
  const work = await prepare();
  const { value, revision } = await writeOrTry(context, action, (tx) => work(tx, may), how);
  if ((catalog[kind] as Kind).administered && revision !== null) await context.hub.reached(revision);
  return value;
}

/** The same, answering with the object. */
export const mutate = async (
  context: Context,
  action: string,
  kind: KindName,
  prepare: () => Work<object> | Promise<Work<object>>,
  how: Manner = {},
): Promise<Result> => ({ ...(await change(context, action, kind, prepare, how)), __typename: kind });
