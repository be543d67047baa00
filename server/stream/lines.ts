// Streams the output of one install, a page at a time, so that a slow reader needs no memory.
import type { LogLine } from '../store/generated/client.ts';
import type { Database } from '../store/types.ts';

/** How many lines are read at once. */
const PAGE = 500;
/** Milliseconds between two looks: at most, for what no hint told of (lines are no changes, and CockroachDB hints of those alone), and at least. */
const PAUSE = { most: { embedded: 1_000, postgres: 1_000, cockroach: 200 }, least: 50 } as const;

/** What is asked of the attempt before each page: undefined when it is gone, or hidden from the reader. */
type Attempt = () => Promise<{ finishedAt: Date | string | null } | undefined>;

/** The lines after a number, then those that come; ends with the attempt. */
export function followLines(
  database: Database,
  attemptId: string,
  attempt: Attempt,
  after: bigint,
  pollEvery: number = PAUSE.most[database.engine],
): AsyncIterableIterator<LogLine, void> {
  const { elapsed } = database.system;
  let ended = false;
  let wake = () => {};
  let news = false;
  let looked = -Infinity;
  const unlisten = database.onNews(() => {
    news = true;
    wake();
  });
  const end = () => {
    ended = true;
    unlisten();
    wake();
  };

  /** Waits for news, or for a while; not for long when there was some since the last look began. */
  const more = () =>
    new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      wake = () => {
        clearTimeout(timer);
        if (ended) resolve();
        else timer = setTimeout(resolve, news ? looked + PAUSE.least - elapsed() : pollEvery);
      };
      wake();
    });

  async function* lines(): AsyncGenerator<LogLine, void> {
    let last = after;
    try {
      while (!ended) {
        news = false;
        looked = elapsed();
        // Whether it is over is asked first: what was written before that is on the page.
        const state = await attempt();
        if (!state) return;
        const page = await database.prisma.logLine.findMany({
          where: { attemptId, seq: { gt: last } },
          orderBy: { seq: 'asc' },
          take: PAGE,
        });
        for (const line of page) {
          if (ended) return;
          last = line.seq;
          yield line;
        }
        if (page.length > 0) continue;
        if (state.finishedAt !== null) return;
        await more();
      }
    } finally {
      end();
    }
  }

  const source = lines();
  return {
    next: () => source.next(),
    // A generator would wait for its next line before it lets itself be ended.
    return: async () => {
      end();
      await source.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
