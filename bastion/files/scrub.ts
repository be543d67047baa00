// Looks for files that the disk spoilt: a kernel with a flipped bit would stop a machine in a way that tells nobody why.
import type { Files } from './files.ts';

/** Milliseconds: as often as it may be asked of a disk that nobody else asks. */
const EVERY = 24 * 3_600_000;

/** Reads all files now and every day, and says which were spoilt and are missing now; returns how to have it end. */
export function startScrub(
  files: Pick<Files, 'removeSpoilt'>,
  { warn, onError }: { warn: (message: string) => void; onError: (error: unknown) => void },
): () => Promise<void> {
  const stopping = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    for (const { sha256, uses } of await files.removeSpoilt(stopping.signal)) {
      const names = uses.map(({ name, path }) => `${path} of ${name}`).join(', ');
      warn(
        `${names === '' ? 'A file that was added by hand' : names} was spoilt by the disk, and is removed (${sha256}). Bring it again: lab bastion files fetch, add or build`,
      );
    }
  };
  const failed = (error: unknown) => {
    if (!stopping.signal.aborted) onError(error);
  };
  const begin = () => void (looking = look().catch(failed));
  const timer = setInterval(begin, EVERY);
  begin();
  return async () => {
    clearInterval(timer);
    stopping.abort();
    await looking;
  };
}
