// Watches as a person's program would, over a WebSocket that is cut now and then, and measures how long things take to get there.
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { Labd } from './processes.ts';

/** From one moment to another, milliseconds since 1970. */
export type Span = readonly [from: number, to: number];

export class Watcher {
  /** When something was said, and milliseconds until it was heard of */
  readonly heard: { at: number; took: number }[] = [];
  readonly #seen = new Set<string>();
  readonly #client: Client;

  constructor(api: Labd) {
    this.#client = createClient({
      url: api.url,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ authorization: api.authorization }),
      retryAttempts: 0,
    });
    onTestFinished(() => void this.#client.dispose());
  }

  /** Follows until it is cut, and again after that, as long as the test runs. */
  follow<E>(query: string, read: (event: E) => readonly { key: string; at: number }[], ended: AbortSignal): void {
    const again = (): void => {
      if (ended.aborted) return;
      void new Promise<void>((resolve) => {
        this.#client.subscribe<E>(
          { query },
          {
            next: ({ data }) => data && this.#note(read(data)),
            error: () => resolve(),
            complete: resolve,
          },
        );
      })
        .then(() => sleep(100))
        .then(again);
    };
    again();
  }

  #note(said: readonly { key: string; at: number }[]): void {
    const now = Date.now();
    for (const { key, at } of said) {
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.heard.push({ at, took: now - at });
    }
  }
}

/** What 99 of a hundred took at most, of what was said outside of some spans. */
export function most({ heard }: Watcher, except: readonly Span[]): number {
  const counted = heard.filter(({ at }) => !except.some(([from, to]) => at >= from && at <= to));
  expect(counted.length).toBeGreaterThan(10);
  const sorted = counted.map(({ took }) => took).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)]!;
}
