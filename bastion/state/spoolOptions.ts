// What a spool is opened with: where it lies, how much it may take, and what it takes from outside.

export interface SpoolOptions {
  /** The folder for the spool's own files, which is made when there is something to put there */
  folder: string;
  /** Bytes that may wait for labd */
  limit: number;
  /** No labd takes anything: what is oldest goes when there is no room */
  endless?: boolean;
  /** Bytes after which a new file is begun */
  segmentBytes?: number;
  /** Milliseconds since 1970 */
  now: () => number;
  /** A random id, for this start of the spool */
  newId: () => string;
  /** Resolves once this process may write. Throws while it may not */
  hold?: () => Promise<void>;
  warn: (message: string) => void;
}

/** What is told as the oldest items go for those that come. */
export const goneText = (items: number): string =>
  `The spool is full: its oldest ${items} items are deleted, and no labd will hear of them. Join one, or give it more room`;
