// Fetches the files of one profile from a mirror or a folder: each checked by its hash before it counts.
import type { ProfileFile } from '../../common/install/plan.ts';
import type { Part } from './part.ts';
import type { Source } from './source.ts';
import type { Store, StoredFile } from './store.ts';
import { readSums } from './sums.ts';
import type { Limits, Transfer } from './transfer.ts';
import type { Wants } from '../../common/install/held.ts';
import type { TreeFile } from './trees.ts';
import { FileTrouble } from './trouble.ts';

export interface FetchProgress {
  readonly path: string;
  readonly bytes: number;
  /** Null where the mirror does not say it */
  readonly total: number | null;
  /** Files of the profile that are here, of so many */
  readonly done: number;
  readonly files: number;
}

export interface Fetching {
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
}

/** A file of which it is known what has to be in it. */
type Known = ProfileFile & { readonly sha256: string };

/** Brings all files of a profile into the store; what is there is not loaded again. Throws FileTrouble and DiskTrouble. */
export async function fetchFiles(
  wants: Wants,
  from: Source,
  store: Store,
  { limits, signal, onProgress }: Fetching,
): Promise<Record<string, TreeFile>> {
  const transfer = { limits, signal, onBytes: () => {} };
  const list = wants.sums ? await from.text(wants.sums.path, transfer) : null;
  const files: Record<string, TreeFile> = {};
  const known = wants.files.map((file) => withSum(wants, file, list));
  for (const [done, file] of known.entries()) {
    const { path, sha256 } = file;
    const onBytes = (bytes: number, total: number | null) =>
      onProgress?.({ path, bytes, total: total ?? file.bytes, done, files: known.length });
    const bytes = await store.bytesOfSound(sha256);
    const stored =
      bytes === null
        ? await load(file, from, store, { limits, signal, onBytes }).catch(async (error: unknown) => {
            throw wants.sums && isWrong(error) ? await ifReplaced(wants.sums.path, list, from, transfer, error) : error;
          })
        : { sha256, bytes };
    onBytes(stored.bytes, stored.bytes);
    files[path] = { use: file.use, ...stored };
  }
  if (wants.sums && list !== null) files[wants.sums.path] = { use: 'sums', ...(await keepText(list, store)) };
  return files;
}

function withSum({ name, sums, mirror }: Wants, file: ProfileFile, list: string | null): Known {
  if (/^\/|(^|\/)\.\.(\/|$)/.test(file.path)) {
    throw new FileTrouble(
      'USAGE',
      `${file.path} of profile ${name} leads out of its mirror. Give it a path below ${mirror}`,
    );
  }
  const sha256 =
    file.sha256?.toLowerCase() ?? (sums && list !== null ? readSums(sums, list).get(file.path) : undefined);
  if (sha256 !== undefined) return { ...file, sha256 };
  throw new FileTrouble(
    'NO_SUM',
    sums
      ? `The list ${sums.path} says nothing about ${file.path} of profile ${name}, so that nothing could be checked. Name another mirror (--mirror URL) than ${mirror}, or give the profile its sha256`
      : `Profile ${name} says neither the sha256 of ${file.path} nor which list of its mirror does. Give it one, or bring the file by hand: lab bastion files add FILE --profile ${name}`,
  );
}

/** Goes on with what an earlier try left; where that turns out to be of another file, it begins once more. */
async function load(file: Known, from: Source, store: Store, transfer: Transfer): Promise<StoredFile> {
  const part = await store.begin(file.sha256);
  try {
    const anew = part.bytes === 0;
    await from.fill(file.path, part, file.bytes, transfer);
    if (part.sha256 !== file.sha256 && !anew) {
      await part.restart();
      await from.fill(file.path, part, file.bytes, transfer);
    }
    demand(file, part, from);
  } catch (error) {
    // The part of a file that the mirror has no more would never become one.
    if (isWrong(error)) await part.remove();
    await part.close();
    throw error;
  }
  return store.take(part);
}

function demand(file: Known, part: Part, from: Source): void {
  if (part.sha256 === file.sha256) return;
  throw new FileTrouble(
    'WRONG_SUM',
    `${file.path} from ${from.name} is another file than the one that was wanted: its SHA-256 is ${part.sha256}, and not ${file.sha256}. Nothing was changed. Fetch it again, or from another mirror: --mirror URL`,
  );
}

const isWrong = (error: unknown): boolean =>
  error instanceof FileTrouble && (error.code === 'WRONG_SUM' || error.code === 'NOT_FOUND');

/** The error, or the reason for it: the mirror was changed after its list was read. */
async function ifReplaced(
  path: string,
  list: string | null,
  from: Source,
  transfer: Transfer,
  error: unknown,
): Promise<unknown> {
  const now = await from.text(path, transfer).catch(() => list);
  if (now === list) return error;
  return new FileTrouble(
    'MIRROR_CHANGED',
    `${from.name} was changed while its files were fetched: its list of sums is another now. Nothing was changed here. Fetch once more`,
    error,
  );
}

async function keepText(text: string, store: Store): Promise<StoredFile> {
  const part = await store.begin('sums');
  await part.restart();
  await part.append(Buffer.from(text));
  return store.take(part);
}
