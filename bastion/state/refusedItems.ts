// Items that labd will never take: they are kept in a file where people find them, a line each that holds its own checksum.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { seal, unseal } from '../../common/sealed.ts';
import { readIfSound } from './files.ts';

/** What a line of the file has, besides its checksum. */
interface RefusedItem {
  readonly why: string;
  readonly item: object;
}

export const refusedFile = (dir: string): string => join(dir, 'refused.jsonl');

/** Adds an item, and waits until it is on the disk. Throws the system's errors. */
export async function keepRefused(dir: string, refused: RefusedItem): Promise<void> {
  const file = await open(refusedFile(dir), 'a+', 0o600);
  try {
    const { size } = await file.stat();
    const end = Buffer.alloc(1);
    if (size > 0) await file.read(end, 0, 1, size - 1);
    // A line that a crash cut short must not take this one with it.
    const cutShort = size > 0 && end.toString('latin1') !== '\n';
    await file.appendFile(`${cutShort ? '\n' : ''}${seal(refused)}`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Tells, at a start, how many lines of the file are not as they were written: nobody would know from reading it. */
export async function checkRefused(dir: string, warn: (message: string) => void): Promise<void> {
  // An empty one is not damaged: a full disk left it without its first line.
  const text = await readIfSound(refusedFile(dir), 'what the disk does not give back');
  const lines = text?.split('\n').filter((line) => line !== '') ?? [];
  const damaged = lines.flatMap((line, n) => (unseal(line) === undefined ? [n + 1] : []));
  if (damaged.length === 0) return;
  const which = damaged.slice(0, 5).join(', ') + (damaged.length > 5 ? ' and others' : '');
  warn(
    `${refusedFile(dir)} is damaged in ${damaged.length} of ${lines.length} lines (${which}): which reports labd refused cannot be read there any more. labd was told of each when it was refused (lab describe bastion). Move the file away to have this said no more; if the disk fails, put the directory on another one`,
  );
}
