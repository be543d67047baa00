// A bounded memory of what texts from outside stand for: counting entries alone, one may be 256 KB of hostile text.

export interface TextCacheOptions {
  /** Entries at most; the one that was used longest ago goes first */
  entries: number;
  /** Characters of all texts together: of keys, and of values that are texts */
  characters: number;
}

export interface TextCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

export function createTextCache<V>({ entries, characters }: TextCacheOptions): TextCache<V> {
  const kept = new Map<string, V>();
  let total = 0;
  let newest: string | undefined;
  const drop = (key: string) => {
    if (kept.has(key)) total -= lengthOf(key, kept.get(key));
    kept.delete(key);
  };
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
      const length = lengthOf(key, value);
      if (length > characters / 16) return;
      drop(key);
      total += length;
      kept.set(key, value);
      newest = key;
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && total <= characters) break;
        drop(oldest);
      }
    },
  };
}

const lengthOf = (key: string, value: unknown): number => key.length + (typeof value === 'string' ? value.length : 0);
