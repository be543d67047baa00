// Answers that take long: a line of JSON now and then about how far they are, and a last one that says how they ended.
import type { ServerResponse } from 'node:http';
import { FileTrouble } from '../files/trouble.ts';
import { RamdiskTrouble } from '../ramdisk/trouble.ts';
import { DiskTrouble } from '../state/diskTrouble.ts';

export type Tell = (progress: object) => void;

/** Milliseconds between two lines about how far something is. */
const TOLD_EVERY = 200;

/** Answers with lines while some work goes on, and a last one that says how it ended; the work ends with its reader. */
export function telling(work: (tell: Tell, signal: AbortSignal) => Promise<object>) {
  return {
    async write(response: ServerResponse) {
      const left = new AbortController();
      response.once('close', () => left.abort());
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8', 'Cache-Control': 'no-store' });
      const say = (line: object) => response.write(`${JSON.stringify(line)}\n`);
      let latest: object | undefined;
      const timer = setInterval(() => {
        if (latest !== undefined) say({ progress: latest });
        latest = undefined;
      }, TOLD_EVERY);
      try {
        say({ done: await work((progress) => (latest = progress), left.signal) });
      } catch (error) {
        if (left.signal.aborted) return;
        if (![FileTrouble, DiskTrouble, RamdiskTrouble].some((kind) => error instanceof kind)) throw error;
        say({ error: { message: (error as Error).message } });
      } finally {
        clearInterval(timer);
        response.end();
      }
    },
  };
}
