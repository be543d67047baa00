// What people ask of a machine's log: all that is here of it, or to follow it as it comes.
import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Logs } from '../logs/logs.ts';
import type { Cursor, MachineLog } from '../logs/machineLog.ts';
import { mac as readMac } from './fields.ts';
import type { DemandPerson } from './people.ts';
import { badField } from './refusal.ts';
import type { Route } from './route.ts';

/** Lines that are written before the reader's connection is looked at. */
const AT_ONCE = 500;
/** Milliseconds between two signs of life for proxies and readers. */
const KEEP_ALIVE = 15_000;

const macIn = (text: string | undefined): string => readMac({ values: { mac: text }, path: '' }, 'mac');

/** `demand` refuses those who are not the bastion's people. */
export const logRoutes = (logs: Logs, demand: DemandPerson): Route[] => [
  {
    method: 'GET',
    path: '/api/logs/:mac',
    answer({ request, places }) {
      demand(request);
      const mac = macIn(places['mac']);
      const log = logs.of(mac);
      const stages = log.stages.map(({ s: _, ...stage }) => stage);
      const lines = log.lines.map(({ line }) => line);
      return { status: 200, body: { mac, stages, log_lines: lines, log_total: log.next.n } };
    },
  },
  {
    method: 'GET',
    path: '/api/logs/:mac/follow',
    hasEffects: true,
    answer({ request, places, url }) {
      demand(request);
      const log = logs.of(macIn(places['mac']));
      const given = request.headersDistinct['last-event-id']?.[0] ?? url.searchParams.get('after');
      const from = given == null ? { n: log.lines[0]?.n ?? log.next.n, s: 1 } : cursorIn(given);
      return { write: (response) => follow(log, from, response) };
    },
  },
];

/** The place after the event with this id. */
function cursorIn(id: string): Cursor {
  const [, n, s] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
  if (n === undefined || s === undefined)
    throw badField(
      'after',
      `is ${JSON.stringify(id.slice(0, 40))}, and no event's id`,
      'Send the id of an event, or leave it out.',
    );
  return { n: Number(n), s: Number(s) };
}

/**
 * Writes events until the reader leaves. It asks for what is next only when the reader has taken what was sent: one that is
 * slow holds up nobody, and is told how many lines went by.
 */
async function follow(log: MachineLog, from: Cursor, response: ServerResponse): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  response.on('error', () => left.abort());
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
  response.write('retry: 2000\n\n');
  const alive = setInterval(() => response.write(':\n\n'), KEEP_ALIVE);
  let at = from;
  try {
    while (!left.signal.aborted) {
      const { stages, lines, missed } = log.from(at, AT_ONCE);
      const events: string[] = [];
      const say = (event: string, data: object) =>
        events.push(`event: ${event}\nid: ${at.n}-${at.s}\ndata: ${JSON.stringify(data)}\n\n`);
      if (missed > 0) {
        at = { ...at, n: at.n + missed };
        say('missed', { lines: missed });
      }
      for (const { s, ...stage } of stages) {
        at = { ...at, s: s + 1 };
        say('stage', stage);
      }
      for (const { n, line } of lines) {
        at = { ...at, n: n + 1 };
        say('log', { n, line });
      }
      if (events.length === 0) await log.news(left.signal);
      else if (!response.write(events.join(''))) await once(response, 'drain', { signal: left.signal });
    }
  } catch (error) {
    if (!left.signal.aborted) throw error;
  } finally {
    clearInterval(alive);
    response.end();
  }
}
