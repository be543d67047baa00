// Applies the batches of several bastions in one transaction: checks epochs and sequences, applies the new items and
// writes the acknowledgements with them. The head of the change log is locked first, in every labd, since no unique key protects a machine's identity.
import type { Bastion } from '../../../store/generated/client.ts';
import type { Origin, Writer } from '../../../store/types.ts';
import { InvalidInput } from '../../errors.ts';
import { linkNics } from '../machines/linkNics.ts';
import { load, type References } from '../machines/load.ts';
import { applyLog, quoteFailures } from '../installs/installerOutput.ts';
import { applyProgress } from '../installs/progress.ts';
import { placeReload } from '../installs/orders.ts';
import { giveTurns } from '../installs/turns.ts';
import { applyReport } from '../machines/report.ts';
import { fenced, unknownBastion, type PushUplinkResult, type UplinkGap } from '../contract/results.ts';
import { endHandOver, holdToWord, isHandedOver } from './handOver.ts';
import { recordLoss, type Loss } from './losses.ts';
import { setOnline } from './presence.ts';
import { latestSessions, saveSessions, type Session } from './sessions.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { markStale, type Snapshot } from '../machines/snapshots.ts';
import { select } from '../../ledger/sql.ts';
import { writeTwins } from '../machines/twins.ts';
import { writeUnlogged } from '../machines/unlogged.ts';
import type { Body, Item, Log, MachineReport } from '../contract/validate.ts';
import { BatchState } from '../machines/batchState.ts';

/** One bastion's batch, validated. */
export interface Call {
  /** Who sent it: what follows from it is theirs, however many others' batches are written with it */
  origin: Origin;
  bastion: string;
  epoch: number;
  items: readonly Item[];
  newest: number | undefined;
  hash: string | null;
  lost: { through: number; reason: string } | undefined;
}

export interface Outcome {
  /** One per call; an error is that caller's alone */
  results: (PushUplinkResult | InvalidInput)[];
  /** Snapshots that are under way after this batch, of the bastions in it */
  snapshots: Map<string, Snapshot | undefined>;
  /** Bastions that should be sent their orders again */
  reminded: string[];
}

/** A new item, with the bastion that sent it. */
interface NewItem {
  origin: Origin;
  session: Session;
  bastion: Bastion;
  item: Item;
}

/** Applies calls in order. The caller commits `snapshots` only when the transaction is. */
export async function runBatch(
  tx: Writer,
  calls: readonly Call[],
  before: ReadonlyMap<string, Snapshot>,
  settings: FleetSettings,
): Promise<Outcome> {
  const ids = [...new Set(calls.map(({ bastion }) => bastion))];
  const sessions = await latestSessions(tx.client, ids);
  const bastions = new Map(
    (await select(tx.client, 'Bastion', 't.id = ANY($1::uuid[])', ids)).map((row) => [row.id, row]),
  );
  const heard = new Map<Session, Origin>();
  const accepted: NewItem[] = [];
  const losses: (Loss & { origin: Origin })[] = [];
  const answers = calls.map((call): (() => PushUplinkResult) | InvalidInput => {
    const session = sessions.get(call.bastion);
    const bastion = bastions.get(call.bastion);
    if (!session || !bastion) return () => unknownBastion(call.epoch);
    if (BigInt(call.epoch) < session.epoch) return () => fenced(Number(session.epoch));
    if (BigInt(call.epoch) > session.epoch) return notYet(call.epoch, session.epoch);
    heard.set(session, call.origin);
    const taken = take(session, call);
    if ('__typename' in taken) return () => taken;
    if (taken.lost > 0n) losses.push({ origin: call.origin, bastion, count: taken.lost, reason: call.lost!.reason });
    accepted.push(...taken.items.map((item) => ({ origin: call.origin, session, bastion, item })));
    const acknowledged = Number(session.acknowledged);
    return () => ({ __typename: 'UplinkAcknowledged', acknowledged, snapshotWanted: session.snapshotWanted });
  });
  const batch = new BatchState(settings);
  const snapshots = await apply(tx, batch, accepted, before);
  for (const { origin, ...loss } of losses) {
    batch.ledger.onBehalfOf(origin);
    recordLoss(batch.ledger, loss);
  }
  for (const [session, origin] of heard) {
    batch.ledger.onBehalfOf(origin);
    if (session.closedAt)
      await setOnline(tx.client, batch.ledger, session.bastionId, true, 'Heard', 'It was heard of again.');
  }
  await quoteFailures(tx.client, batch);
  await linkNics(tx.client, batch.ledger, batch.conditions, batch.unlinked);
  await batch.ledger.flush(tx);
  if (batch.ended.size > 0) await giveTurns(tx, settings);
  await placeReload(tx, [...batch.gained], settings);
  await writeUnlogged(tx, batch);
  await writeTwins(tx.client, batch);
  await saveSessions(tx.client, [...heard.keys()], batch.now);
  return {
    results: answers.map((answer) => (answer instanceof InvalidInput ? answer : answer())),
    snapshots,
    reminded: [...batch.reminded],
  };
}

const notYet = (epoch: number, latest: bigint) =>
  new InvalidInput(
    'input.epoch',
    `There was no epoch ${epoch} yet; the latest is ${latest}.`,
    'Open the uplink, and use the epoch it answers.',
  );

/**
 * The items that are new, with how many before them are lost, and moves the session on; or the gap before them. After a
 * gap only a snapshot may go on, since it says everything anew.
 */
function take(
  session: Session,
  { items, newest, hash, lost: given }: Call,
): { items: Item[]; lost: bigint } | UplinkGap {
  session.newest = BigInt(newest ?? Number(session.newest));
  const from = session.acknowledged;
  const through = BigInt(given?.through ?? 0);
  const reached = through > from ? through : from;
  const fresh = items.filter(({ sequence }) => BigInt(sequence) > reached);
  const [first] = fresh;
  const expected = reached + 1n;
  if (first && BigInt(first.sequence) > expected && first.body.type !== 'snapshotBegin') {
    const message = `Expected sequence ${expected}, got ${first.sequence}. Send again from ${expected} on, or a snapshot if that is gone.`;
    return { __typename: 'UplinkGap', expected: Number(expected), message };
  }
  const acknowledged = BigInt(fresh.at(-1)?.sequence ?? reached);
  if (acknowledged > from) session.hash = hash;
  session.acknowledged = acknowledged;
  holdToWord(session, newest, items.length === 0 && !given);
  // Only machines can say again what was lost.
  if (reached > from) session.snapshotWanted = true;
  return { items: fresh, lost: reached - from };
}

async function apply(
  tx: Writer,
  batch: BatchState,
  accepted: readonly NewItem[],
  before: ReadonlyMap<string, Snapshot>,
): Promise<Map<string, Snapshot | undefined>> {
  const snapshots = new Map<string, Snapshot | undefined>();
  if (accepted.length === 0) return snapshots;
  await load(tx.client, batch, referencesOf(accepted));
  for (const { bastion, session } of accepted) {
    batch.lastHeard.set(bastion.id, batch.now);
    const snapshot = before.get(bastion.id);
    if (snapshot?.epoch === session.epoch)
      snapshots.set(bastion.id, { ...snapshot, servers: new Set(snapshot.servers) });
  }
  for (const one of accepted) {
    batch.ledger.onBehalfOf(one.origin);
    await handlers[one.item.body.type](tx, batch, one, snapshots, one.item.body as never);
  }
  return snapshots;
}

/** What the items refer to, by the bastion that sent them: each may know other machines. */
function referencesOf(accepted: readonly NewItem[]): References[] {
  type Found = References & { reports: MachineReport[]; macs: string[]; proofs: string[]; logs: Log[] };
  const found = new Map<string, Found>();
  for (const { bastion, session, item } of accepted) {
    const own = found.get(bastion.id) ?? {
      ...{ reporter: bastion, joinedRevision: undefined, begins: false },
      ...{ reports: [], macs: [], proofs: [], logs: [] },
    };
    found.set(bastion.id, own);
    if (item.body.type === 'reports') own.reports.push(...item.body.reports);
    if (item.body.type === 'log') own.logs.push(item.body.log);
    const callback = 'progress' in item.body ? item.body.progress : 'log' in item.body ? item.body.log : undefined;
    if (callback) own.macs.push(callback.mac);
    if (callback?.proof != null) own.proofs.push(callback.proof);
    if (item.body.type !== 'progress' || !isHandedOver(session, item.sequence)) continue;
    own.joinedRevision = session.joinedRevision;
    own.begins ||= item.body.progress.begun !== null;
  }
  return [...found.values()];
}

type Handler<B extends Body> = (
  tx: Writer,
  batch: BatchState,
  from: NewItem,
  snapshots: Map<string, Snapshot | undefined>,
  body: B,
) => void | Promise<void>;

/** The handler of each type of item. */
const handlers: { [T in Body['type']]: Handler<Extract<Body, { type: T }>> } = {
  reports(_tx, batch, { bastion }, snapshots, { reports, snapshot }) {
    const running = snapshots.get(bastion.id);
    for (const report of reports) {
      const id = applyReport(batch, bastion, report);
      if (id !== undefined) running?.servers.add(id);
    }
    if (running && snapshot) running.reports += reports.length;
  },
  progress(_tx, batch, { bastion, session, item }, _snapshots, { progress }) {
    const handedOver = isHandedOver(session, item.sequence);
    const attempt = applyProgress(batch, bastion, progress, { at: item.at, handedOver });
    // What labd ordered since it joined tells of itself after that, and so does all that follows.
    if (attempt && batch.decidedSince.has(attempt.id)) endHandOver(session, BigInt(item.sequence) - 1n);
  },
  log(_tx, batch, { bastion, item }, _snapshots, { log }) {
    applyLog(batch, bastion, log, item.at > batch.now ? batch.now : item.at);
  },
  snapshotBegin(_tx, _batch, { bastion, session }, snapshots) {
    snapshots.set(bastion.id, { epoch: session.epoch, reports: 0, servers: new Set() });
  },
  async snapshotEnd(tx, batch, { bastion, session }, snapshots, { machines }) {
    const running = snapshots.get(bastion.id);
    snapshots.set(bastion.id, undefined);
    // Its beginning or a part was lost, by a restart or a gap; only a whole snapshot shows which machines are missing.
    session.snapshotWanted = running?.reports !== machines;
    if (running && !session.snapshotWanted) await markStale(tx.client, batch, bastion, running);
  },
};
