// Tells labd what is so of this bastion now. What labd does not take is logged, and the session goes on.
import { OperationFailed } from './connection.ts';
import { fenced, type UplinkContext } from './context.ts';

/** A result of the graph, or a refusal of it */
interface Answer {
  readonly __typename: string;
  readonly message?: string;
  readonly remedy?: string;
}

/**
 * Resolves to whether there is nothing to tell again: labd has it, or knows no such thing. `what` is what is told, in words for
 * people. Throws when a newer session took over, and when the connection ends.
 */
export async function tell(context: UplinkContext, what: string, ask: () => Promise<Answer>): Promise<boolean> {
  const { log } = context;
  try {
    const { __typename, message, remedy } = await ask();
    if (__typename === 'UplinkFenced') throw fenced(context, message ?? '');
    if (remedy !== undefined) log.error({ reason: `${message} ${remedy}` }, `labd does not take ${what}`);
    return remedy === undefined;
  } catch (error) {
    if (!(error instanceof OperationFailed)) throw error;
    log.warn({ reason: error.message }, `labd does not take ${what}`);
    // An older labd does not ask for it, and goes on without.
    return error.code === 'GRAPHQL_VALIDATION_FAILED';
  }
}
