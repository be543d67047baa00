// Opens a bastion's session: creates the bastion the first time, fences its earlier sessions by a greater epoch, and
// continues at the sequence that they had acknowledged.
import { isDnsLabel } from '../../../../common/dnsLabel.ts';
import type { Bastion } from '../../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import { Conflict, Forbidden, InvalidInput } from '../../errors.ts';
import { counter, required } from '../contract/checks.ts';
import type { OpenUplinkInput } from '../contract/input.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { USUAL_TURNS } from '../installs/attempts.ts';
import { pauseDeadlines } from '../installs/overdue.ts';
import { joining } from './handOver.ts';
import { untold } from './files.ts';
import { setOnline } from './presence.ts';
import type { Uplink } from '../contract/results.ts';
import { recordLoss } from './losses.ts';
import { latestSessions, type Session } from './sessions.ts';
import { settingsFor, PROTOCOLS, type FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';

/** Sessions that are kept of each bastion, for whoever looks into what happened. */
const KEPT = 20n;

/**
 * Opens a session for a bastion, which is made if there is none of that name, and fences the earlier ones.
 * Throws InvalidInput, Conflict when it speaks another protocol, Forbidden when it was revoked.
 */
export async function openUplink(
  db: Database,
  origin: Origin,
  given: OpenUplinkInput,
  settings: FleetSettings = settingsFor(db),
): Promise<Uplink> {
  const input = checkOpening(given);
  const work = async (tx: Writer): Promise<Uplink> => {
    const ledger = new Ledger(settings.now(), settings.ids);
    const bastion = await findOrCreateBastion(tx, ledger, input);
    const earlier = (await latestSessions(tx.client, [bastion.id])).get(bastion.id);
    const { acknowledged, hash, snapshotWanted, lost } = resume(input, earlier);
    if (lost) recordLoss(ledger, { bastion, ...lost });
    // Sessions end when a bastion is silent, unless labd was away too.
    if (earlier && !earlier.closedAt && ledger.now.getTime() - earlier.lastSeenAt.getTime() > settings.silence)
      await pauseDeadlines(tx.client, ledger, bastion.id, earlier.lastSeenAt);
    const epoch = (earlier?.epoch ?? 0n) + 1n;
    await setOnline(tx.client, ledger, bastion.id, true, 'Connected', 'It has an open uplink.');
    await ledger.flush(tx);
    await tx.client.bastionSession.updateMany({
      where: { bastionId: bastion.id, closedAt: null },
      data: { closedAt: ledger.now },
    });
    await tx.client.bastionSession.deleteMany({ where: { bastionId: bastion.id, epoch: { lte: epoch - KEPT } } });
    await tx.client.bastionSession.create({
      data: {
        bastionId: bastion.id,
        epoch,
        instance: input.instance,
        acknowledged,
        hash,
        newest: BigInt(input.newest),
        ...(await joining(tx.client, input, bastion, earlier)),
        snapshotWanted,
        openedAt: ledger.now,
        lastSeenAt: ledger.now,
      },
    });
    // It loads what it holds next. Orders of before to do so are of no use, however many a move of all servers left.
    await tx.client.order.updateMany({
      where: { bastionId: bastion.id, kind: 'RELOAD', acknowledgedAt: null },
      data: { acknowledgedAt: ledger.now, outcome: 'DONE' },
    });
    const row = ledger.get('Bastion', bastion.id)!;
    return {
      __typename: 'Uplink',
      bastion: row,
      epoch: Number(epoch),
      acknowledged: Number(acknowledged),
      hash,
      snapshotWanted,
    };
  };
  return (await db.write(origin, work, { lockHead: true, ahead: true })).value;
}

/** The checked input. Throws InvalidInput, and Conflict when the bastion speaks another protocol. */
export function checkOpening(input: OpenUplinkInput): OpenUplinkInput {
  for (const field of ['name', 'cloud', 'environment'] as const) {
    if (isDnsLabel(input[field])) continue;
    const remedy = 'Use lower-case letters, digits and hyphens, up to 63, with a letter or digit at each end.';
    throw new InvalidInput(`input.${field}`, `"${input[field].slice(0, 80)}" is not a name.`, remedy);
  }
  const instance = required(input.instance, 'input.instance');
  const software = required(input.software, 'input.software');
  const oldest = counter(input.oldest, 'input.oldest');
  if (counter(input.newest, 'input.newest') < oldest) {
    throw new InvalidInput(
      'input.newest',
      `${input.newest} is before the oldest, ${oldest}.`,
      'Give the sequences of the first and the last item in the spool.',
    );
  }
  if (PROTOCOLS.includes(input.protocol)) return { ...input, instance, software };
  throw new Conflict(
    `Bastion "${input.name}" speaks version ${input.protocol} of the uplink, and this labd speaks ${PROTOCOLS.toSorted().join(', ')}.`,
    'Install the lab-bastion of the same release as labd.',
  );
}

/** Finds or makes the bastion. It chooses its cloud and environment when it is created; afterwards labd's are valid. */
async function findOrCreateBastion(tx: Writer, ledger: Ledger, input: OpenUplinkInput): Promise<Bastion> {
  const { name, cloud, environment, instance, protocol, software } = input;
  const [known] = ledger.load('Bastion', await select(tx.client, 'Bastion', 't.name = $1', name));
  if (known?.revokedAt) {
    const permission = `uplink:${known.cloud}:${known.environment}:bastions/${name}`;
    throw new Forbidden(
      permission,
      `Bastion "${name}" was revoked.`,
      `Enrol it anew, under another name or after lab delete bastion ${name}.`,
    );
  }
  if (known) {
    // Another program, or another directory, has to say anew which files it has: an older one never does.
    const same = known.instance === instance && known.software === software;
    ledger.update('Bastion', known.id, { instance, protocol, software, ...(same ? {} : untold) });
    return known;
  }
  const own = { enrolment: null, certificateSerial: null, certificateExpiresAt: null, revokedAt: null };
  const nothingLost = { lostItems: 0n, lostAt: null, lostReason: null };
  return ledger.create('Bastion', {
    name,
    cloud,
    environment,
    labels: {},
    labelTokens: [],
    labelText: '',
    managers: {},
    instance,
    protocol,
    software,
    maxInstalls: USUAL_TURNS,
    ...own,
    ...nothingLost,
    ...untold,
  });
}

interface Resumed {
  acknowledged: bigint;
  hash: string | null;
  snapshotWanted: boolean;
  lost?: { count: bigint; reason: string };
}

const NEVER_SENT =
  'its directory was emptied, copied or put back to an earlier state before it had sent them; if the one that took them runs again, it still sends them';

/** Where to go on. */
const resume = (input: OpenUplinkInput, earlier: Session | undefined): Resumed =>
  input.protocol === 1 || !earlier || (earlier.hash === null && earlier.instance !== input.instance)
    ? resumeByNumbers(input, earlier)
    : resumeByHash(input, earlier);

/**
 * The bastion compares what labd has by its running hash, and says itself what is lost. What an earlier session had not
 * sent yet, and this one never had, it cannot know of.
 */
function resumeByHash(
  { newest }: OpenUplinkInput,
  { acknowledged, hash, snapshotWanted, ...earlier }: Session,
): Resumed {
  const resumed = { acknowledged, hash, snapshotWanted };
  const count = earlier.newest - acknowledged;
  if (count <= 0n || BigInt(newest) >= earlier.newest) return resumed;
  return { ...resumed, lost: { count, reason: NEVER_SENT } };
}

/**
 * What the spool no longer has cannot be sent again: the count goes on after it, and a snapshot makes up for it. A spool
 * that ends before what labd took is not the one that it was: it will use those sequences again.
 */
function resumeByNumbers({ instance, oldest, newest }: OpenUplinkInput, earlier: Session | undefined): Resumed {
  const hash = null;
  const carried = earlier?.instance === instance ? earlier.acknowledged : 0n;
  const wanted = earlier?.instance === instance && earlier.snapshotWanted;
  const [first, last] = [BigInt(oldest), BigInt(newest)];
  if (first > carried + 1n) return { acknowledged: first - 1n, hash, snapshotWanted: true };
  if (first === 0n && last > carried) return { acknowledged: last, hash, snapshotWanted: true };
  if (last > 0n && last < carried)
    return { acknowledged: first === 0n ? last : first - 1n, hash, snapshotWanted: true };
  return { acknowledged: carried, hash, snapshotWanted: wanted };
}
