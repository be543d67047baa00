// Looks for files that the disk spoilt: a kernel with a flipped bit would stop a machine in a way that tells nobody why.
import { diskTroubleIn } from '../state/diskTrouble.ts';
import type { Files, ListedFile } from './files.ts';

/** Milliseconds: as often as it may be asked of a disk that nobody else asks. */
const EVERY = 24 * 3_600_000;

const nameOf = ({ uses }: ListedFile): string =>
  uses.length === 0 ? 'A file that was added by hand' : uses.map(({ name, path }) => `${path} of ${name}`).join(', ');

interface Telling {
  /** The bastion's directory */
  readonly dir: string;
  readonly warn: (message: string) => void;
}

/** Reads all files now and every day, and says which were spoilt and are missing now; returns how to have it end. */
export function startScrub(files: Pick<Files, 'findSpoilt'>, { dir, warn }: Telling): () => Promise<void> {
  const stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  const tell = (file: ListedFile, error?: unknown) => {
    const what = `${nameOf(file)} was spoilt by the disk, and is missing now (${file.sha256})`;
    const kept = error === undefined ? '' : `. ${(diskTroubleIn(dir, error) ?? (error as Error)).message}`;
    warn(`${what}${kept}. Bring it again: lab bastion files fetch, add or build`);
  };
  const look = () =>
    files
      .findSpoilt(tell, stopping.signal)
      .catch((error: unknown) => warn(`Files could not be read through: ${(error as Error).message}`));
  const begin = () => void (looking = look());
  const timer = setInterval(begin, EVERY);
  begin();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await looking;
  };
}
