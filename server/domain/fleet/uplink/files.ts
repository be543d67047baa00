// Which files a bastion says it holds: kept on the bastion, and written only when that is news.
import { isDeepStrictEqual } from 'node:util';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import { InvalidInput } from '../../errors.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';
import { count } from '../contract/checks.ts';
import { type BastionFilesTold, fenced, unknownBastion, type UplinkFenced } from '../contract/results.ts';
import { latestSessions } from './sessions.ts';

/** `bastion` is the bare uuid. */
export interface TellBastionFilesInput {
  bastion: string;
  epoch: number;
  /** Keys of common/install/held.ts; null from what installs nothing */
  files?: readonly string[] | null | undefined;
}

/** Of a bastion that does not say. */
export const untold = { filesHeld: [] as string[], filesToldAt: null };

/** Keys that are taken, and characters of one. */
const MOST = 5_000;
const KEY = /^(?:\*|[0-9a-f]{64}|[a-z0-9]{1,32}\/[ -~]{1,1024})$/;

function checkKeys(files: readonly string[]): string[] {
  count(files, 'input.files', MOST);
  const wrong = files.findIndex((key) => !KEY.test(key));
  if (wrong < 0) return [...new Set(files)].sort();
  throw new InvalidInput(
    `input.files[${wrong}]`,
    'This is neither a SHA-256 nor a file of a tree.',
    'Send what the bastion holds by the keys of its protocol.',
  );
}

/** Keeps what a bastion holds. Throws InvalidInput. */
export async function tellFiles(
  db: Database,
  origin: Origin,
  { bastion, epoch, files }: TellBastionFilesInput,
  settings: FleetSettings,
): Promise<BastionFilesTold | UplinkFenced> {
  const keys = files && checkKeys(files);
  const work = async (tx: Writer): Promise<BastionFilesTold | UplinkFenced> => {
    const session = (await latestSessions(tx.client, [bastion])).get(bastion);
    const ledger = new Ledger(settings.now(), settings.ids);
    const [row] = ledger.load('Bastion', await select(tx.client, 'Bastion', 't.id = $1::uuid', bastion));
    if (!session || !row) return unknownBastion(epoch);
    if (BigInt(epoch) !== session.epoch) return fenced(Number(session.epoch));
    const known = row.filesToldAt !== null && isDeepStrictEqual(row.filesHeld, keys);
    if (!known) {
      ledger.update('Bastion', bastion, keys ? { filesHeld: keys, filesToldAt: ledger.now } : untold);
      await ledger.flush(tx);
    }
    return { __typename: 'BastionFilesTold', files: keys?.length ?? null };
  };
  return (await db.write(origin, work, { lockHead: true })).value;
}
