// A bounded memory of parsed documents: Yoga's own counts entries, and one entry may be 256 KB of hostile text.

export interface DocumentCacheOptions {
  /** Documents at most; the one that was used longest ago goes first */
  entries: number;
  /** Characters of all their texts together */
  characters: number;
}

/** What Yoga's parser and validation cache keeps documents in. */
export interface Cache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

export function createDocumentCache<V>({ entries, characters }: DocumentCacheOptions): Cache<V> {
  const kept = new Map<string, V>();
  let total = 0;
  let newest: string | undefined;
  return {
    get(key) {
      const value = kept.get(key);
      if (value !== undefined && key !== newest) {
        kept.delete(key);
        kept.set(key, value);
        newest = key;
      }
      return value;
    },
    set(key, value) {
      if (key.length > characters / 16) return;
      if (!kept.has(key)) total += key.length;
      kept.delete(key);
      kept.set(key, value);
      newest = key;
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && total <= characters) break;
        kept.delete(oldest);
        total -= oldest.length;
      }
    },
  };
}

/** Keeps nothing: a document that does not parse is not sent twice in a hurry. */
export const noCache: Cache<never> = { get: () => undefined, set: () => {} };
