// What commands have of the world outside. The entry makes it of the process, and nothing else here touches that.
import type { Readable, Writable } from 'node:stream';

/** Where something is read from. */
export interface Input extends Readable {
  readonly isTTY?: boolean;
}

/** Where something is written to; a terminal has a size. */
export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Standard streams, environment, clock, chance, and how the program ends before its command does. */
export interface Terminal {
  readonly in: Input;
  readonly out: Output;
  readonly err: Output;
  readonly env: Environment;
  /** The file that was started; hints name it where `lab` would not be found */
  readonly program: string | undefined;
  /** Tells this run from another one at the same time, in names of files */
  readonly pid: number;
  /** Milliseconds since 1970 */
  now(): number;
  /** Milliseconds since some moment; unlike `now`, never set: for how long something takes */
  elapsed(): number;
  /** From 0 to 1 */
  random(): number;
  exit(code: number): never;
  onSignal(signal: NodeJS.Signals, listener: () => void): void;
}

/** Columns to write at: those of the terminal, else 80. */
export const columnsOf = ({ columns }: Output): number => Math.max(40, columns || 80);

/** A terminal with another clock. Its streams are opened only when they are used, as those of the one that it stands for. */
export const withClock = (terminal: Terminal, now: () => number): Terminal =>
  Object.create(terminal, { now: { value: now } }) as Terminal;
