// Which files a bastion says it holds: kept on the bastion, and written only when that is news.
import { isDeepStrictEqual } from 'node:util';
import type { Database, Origin } from '../../../store/types.ts';
import { InvalidInput } from '../../errors.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { count } from '../contract/checks.ts';
import type { BastionFilesTold, UplinkFenced } from '../contract/results.ts';
import { inSession } from './inSession.ts';

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
  return inSession(db, origin, { bastion, epoch }, settings, async (_tx, ledger, row): Promise<BastionFilesTold> => {
    const known = row.filesToldAt !== null && isDeepStrictEqual(row.filesHeld, keys);
    if (!known) ledger.update('Bastion', bastion, keys ? { filesHeld: keys, filesToldAt: ledger.now } : untold);
    return { __typename: 'BastionFilesTold', files: keys?.length ?? null };
  });
}
