// The files of machines' logs, one line of JSON with its checksum for each entry: what the last lines are is known after a
// restart too.
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seal, unseal } from '../../common/sealed.ts';
import { codeOf } from '../state/files.ts';

/** Bytes after which a file is put aside, where it takes the place of the one before. */
const ROTATE = 8 * 1024 * 1024;
/** Bytes of a file's end that hold the last lines. */
const TAIL = 4 * 1024 * 1024;
/** Bytes that may wait for a slow disk; what comes then is in memory, at labd, and not in the file. */
const MOST_WAITING = 16 * 1024 * 1024;

export interface LogFilesOptions {
  /** The folder for them, which is made */
  folder: string;
  /** Hears of a disk that takes no more; nothing else stops */
  onError: (error: unknown) => void;
  /** Hears of a file that is damaged */
  warn: (message: string) => void;
}

export class LogFiles {
  readonly #options: LogFilesOptions;
  readonly #sizes = new Map<string, number>();
  readonly #waiting = new Map<string, string[]>();
  /** The machines whose file ends in the middle of a line: what comes next begins one of its own. */
  readonly #cut = new Set<string>();
  #bytes = 0;
  #writing: Promise<void> | undefined;

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  /** The entries at the end of a machine's files, the oldest first; what is damaged is left out, and told. */
  read(mac: string): unknown[] {
    const path = this.#path(mac);
    const newest = this.#lines(path);
    if (newest.cut) this.#cut.add(mac);
    return newest.whole ? [...this.#lines(`${path}.1`).entries, ...newest.entries] : newest.entries;
  }

  /** Writes entries of a machine soon, in their order. */
  append(mac: string, entries: readonly object[]): void {
    if (this.#bytes > MOST_WAITING) return;
    const text = entries.map(seal).join('');
    this.#bytes += text.length;
    this.#waiting.set(mac, [...(this.#waiting.get(mac) ?? []), text]);
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Deletes what is kept of a machine. */
  async forget(mac: string): Promise<void> {
    await this.settle();
    for (const end of ['', '.1']) await rm(this.#path(mac) + end, { force: true });
    this.#sizes.delete(mac);
    this.#cut.delete(mac);
  }

  /** Resolves once all that was appended is written, or could not be. */
  async settle(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const [mac, texts] = next;
      this.#waiting.delete(mac);
      const text = texts.join('');
      const begin = this.#cut.has(mac) ? '\n' : '';
      try {
        mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
        const size = this.#sizes.get(mac) ?? 0;
        if (size > ROTATE) await rename(this.#path(mac), `${this.#path(mac)}.1`);
        await appendFile(this.#path(mac), begin + text, { mode: 0o600 });
        this.#cut.delete(mac);
        this.#sizes.set(mac, (size > ROTATE ? 0 : size) + text.length);
      } catch (error) {
        this.#options.onError(error);
      }
      this.#bytes -= text.length;
    }
  }

  #path(mac: string): string {
    return join(this.#options.folder, `${mac.replaceAll(':', '-')}.log`);
  }

  /** What is at the end of a file: `whole` when that is all of it, `cut` when a kill has cut off its last line. */
  #lines(path: string): { entries: unknown[]; whole: boolean; cut: boolean } {
    const { text, whole } = this.#tail(path);
    const said = text
      .split('\n')
      .slice(whole ? 0 : 1)
      .filter((line) => line !== '');
    const entries = said.map((line) => unseal<object>(line)).filter((entry) => entry !== undefined);
    const damaged = said.length - entries.length;
    if (damaged > 0)
      this.#options.warn(
        `${path} is damaged in ${damaged} of ${said.length} lines, which are left out: labd keeps what it was told`,
      );
    return { entries, whole, cut: said.length > 0 && !text.endsWith('\n') };
  }

  #tail(path: string): { text: string; whole: boolean } {
    try {
      const file = openSync(path, 'r');
      try {
        const { size } = fstatSync(file);
        if (!path.endsWith('.1')) this.#sizes.set(macOf(path), size);
        const bytes = Buffer.alloc(Math.min(size, TAIL));
        readSync(file, bytes, 0, bytes.length, size - bytes.length);
        return { text: bytes.toString(), whole: size <= TAIL };
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#options.onError(error);
      return { text: '', whole: true };
    }
  }
}

const macOf = (path: string): string =>
  path.slice(-'00-00-00-00-00-00.log'.length, -'.log'.length).replaceAll('-', ':');
