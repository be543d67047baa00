// The graph on a database of its own, asked without a socket: what tests of the schema and of the hub need.
import { execute, type GraphQLError, parse, subscribe, validate, type ExecutionResult } from 'graphql';
import { onTestFinished } from 'vitest';
import { createContext, schema } from '../../schema/index.ts';
import { Caller, everything, type Scope } from '../../server/domain/access/caller.ts';
import type { Authority } from '../../server/domain/access/authority.ts';
import type { OpenId } from '../../server/domain/access/openid.ts';
import { createThrottle } from '../../server/domain/access/throttle.ts';
import { encryptAuthorities } from '../../server/domain/access/authorities.ts';
import { readKeyring } from '../../server/domain/secrets/keyring.ts';
import { openSecrets, type Secrets } from '../../server/domain/secrets/secrets.ts';
import { Fleet } from '../../server/domain/fleet/uplink/fleet.ts';
import { Hub } from '../../server/stream/hub.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

interface Ask {
  variables?: Record<string, unknown>;
  scope?: Scope;
  /** Instead of a tester with that scope */
  caller?: Caller;
  /** Stops the operation by throwing */
  beforeReading?: () => void;
}

export interface TestGraph {
  db: TestDatabase;
  hub: Hub;
  fleet: Fleet;
  secrets: Secrets;
  /** Answers, errors included */
  ask(document: string, more?: Ask): Promise<ExecutionResult<Record<string, any>>>; // eslint-disable-line @typescript-eslint/no-explicit-any
  /** The data of an answer that must have no errors */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data(document: string, more?: Ask): Promise<Record<string, any>>;
  /** Follows a subscription, or says why not */
  tryFollow(
    document: string,
    more?: Ask,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ): Promise<AsyncIterableIterator<ExecutionResult<Record<string, any>>> | { errors: readonly GraphQLError[] }>;
  /** Follows a subscription; ended with the test */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  follow(document: string, more?: Ask): Promise<AsyncIterableIterator<ExecutionResult<Record<string, any>>>>;
}

/** What the graph says of an authority where a test has none: that its key is not encrypted. */
const none = { encrypted: false } as Authority;

interface GraphOptions {
  calm?: boolean;
  pollEvery?: number;
  authority?: Authority;
  openId?: OpenId;
  /** What secrets are encrypted with; none are stored without */
  key?: string;
}

/** Opens one. The hub is woken by this process's own writes alone; other polls would only be counted as statements. */
export async function openGraph({
  calm = false,
  pollEvery = 3_600_000,
  authority,
  openId,
  key,
}: GraphOptions = {}): Promise<TestGraph> {
  const db = await openTestDatabase({ calm });
  const keyring = key === undefined ? undefined : readKeyring(key, 'LABD_KEY');
  const secrets = await openSecrets(db, { keyring, adopt: encryptAuthorities });
  const alone = Object.create(db, {
    onNews: { value: (listener: () => void) => db.onWrite(listener) },
  }) as TestDatabase;
  const hub = new Hub({ database: alone, logger: db.logger, pollEvery });
  await hub.start();
  const throttle = createThrottle(db.system.elapsed);
  const fleet = new Fleet(db, { gather: 5 }, secrets);
  onTestFinished(async () => {
    await fleet.close();
    await hub.close();
    await db.drop();
  });
  const prepare = (
    text: string,
    { variables = {}, scope = everything, caller, beforeReading = () => {} }: Ask = {},
  ) => {
    const document = parse(text);
    const mistakes = validate(schema, document);
    if (mistakes.length > 0) throw new Error(mistakes.map(({ message }) => message).join('\n'));
    const operation = {
      caller: caller ?? new Caller({ actor: 'tester', scope }),
      requestId: 'r1',
      address: '',
      agent: 'vitest',
      signal: undefined,
      beforeReading,
      beforeWriting() {},
      database: db,
      hub,
      fleet,
      throttle,
      openId,
      authority: authority ?? none,
      secrets,
    };
    return { schema, document, variableValues: variables, contextValue: { ...operation, ...createContext(operation) } };
  };
  const ask: TestGraph['ask'] = async (text, more) => execute(prepare(text, more)) as never;
  const tryFollow: TestGraph['tryFollow'] = async (text, more) => subscribe(prepare(text, more)) as never;
  return {
    db,
    hub,
    fleet,
    secrets,
    ask,
    async data(text, more) {
      const { data, errors } = await ask(text, more);
      if (errors) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
      return data!;
    },
    tryFollow,
    async follow(text, more) {
      const events = await tryFollow(text, more);
      if ('errors' in events) throw new Error(JSON.stringify(events));
      onTestFinished(async () => void (await events.return?.()));
      return events;
    },
  };
}
