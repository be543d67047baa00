// Keeps the administrator's token in a file that appears only when the token is good: a draft beside it until then.
import { chmod, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder, writeDurably } from '../../../common/durable.ts';
import { parseSecret } from './secrets.ts';

const DRAFT = '.draft';
const DRAFTS_END = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.draft$/;
/** Bytes of such a file at most: anything larger holds something else. */
const MOST = 4096;

/** The file cannot be written; the message says which, why, and what to do. */
export class TokenFileUnusable extends Error {
  override readonly name = 'TokenFileUnusable';
}

const unusable = (file: string, cause: unknown, more: string): TokenFileUnusable => {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new TokenFileUnusable(
    `${file}, which is to hold the administrator's token, cannot be written (${code ?? message}): ${more}`,
    {
      cause,
    },
  );
};

/** Writes a token beside its file, durably, for its owner's eyes; `id` is a UUID. Throws TokenFileUnusable, and leaves nothing then. */
export async function writeDraft(file: string, text: string, id: string): Promise<string> {
  const draft = `${file}.${id}${DRAFT}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeDurably(draft, `${text}\n`, 'wx');
    await chmod(draft, 0o600);
    await syncFolder(dirname(file));
    return draft;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw unusable(file, error, 'make room or set its permissions right, or name another file in LABD_ADMIN_TOKEN');
  }
}

/** Makes a draft the file, in one step. False when the draft is gone. Throws TokenFileUnusable; the draft stays then. */
export async function publishDraft(draft: string, file: string): Promise<boolean> {
  try {
    await rename(draft, file);
    await syncFolder(dirname(file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw unusable(file, error, `the token is in ${draft}`);
  }
}

/** Removes a draft that came to nothing. */
export const dropDraft = (draft: string): Promise<void> => rm(draft, { force: true });

/** The drafts beside a file, of any labd that shares its folder; none when the folder cannot be read. */
export async function draftsOf(file: string): Promise<string[]> {
  const names = await readdir(dirname(file)).catch((): string[] => []);
  const start = basename(file);
  return names
    .filter((name) => name.startsWith(start) && DRAFTS_END.test(name.slice(start.length)))
    .sort()
    .map((name) => join(dirname(file), name));
}

/** The hash of the API token that a file holds; undefined when there is no file, null when it holds none. */
export async function hashIn(file: string): Promise<string | null | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : '',
  );
  if (text === undefined) return undefined;
  const secret = text.length > MOST ? undefined : parseSecret(text.trim());
  return secret?.prefix === 'lab_pat' ? secret.hash : null;
}
