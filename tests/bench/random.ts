// A thousand random operations at the limits of the schema, by somebody who may read one server: for how long each held
// labd's event loop, and whether its memory came back.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { inspect, type Inspector } from '../hostile/inspector.ts';
import { randomOperations, type RandomOperation } from '../hostile/operations.ts';
import { type Labd, tokenFor } from './access.ts';

interface Held {
  /** Milliseconds by the clock, what other processes had included; and of its own processor time */
  readonly wall: number;
  readonly own: number;
  /** The operation that held it for longest */
  readonly query: string;
}

export interface Hostile {
  readonly longest: Held;
  /** What a loop of arithmetic takes in labd, milliseconds of processor time */
  readonly calibration: number;
  /** How many had which code, the answered ones under `answered` */
  readonly codes: ReadonlyMap<string, number>;
  /** Megabytes that labd cannot let go of */
  readonly before: number;
  readonly after: number;
}

const MB = 1024 * 1024;

async function send({ url }: Labd, authorization: string, operation: RandomOperation): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(operation) });
  const { errors } = (await answer.json()) as { errors?: { extensions?: { code?: string } }[] };
  return errors?.[0] ? (errors[0].extensions?.code ?? 'an error') : 'answered';
}

async function inspectorAt(port: number): Promise<Inspector> {
  const list = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { webSocketDebuggerUrl: string }[];
  return inspect(`Debugger listening on ${list[0]!.webSocketDebuggerUrl}`);
}

/** Asks so many, one after the other; `port` is that of labd's inspector. */
export async function randomly(labd: Labd, port: number, many: number, seed: number): Promise<Hostile> {
  const authorization = await tokenFor(labd, 'narrow', ['read:default:default:m-000001']);
  const next = randomOperations(buildSchema(readFileSync('schema/schema.graphql', 'utf8')), seed);
  const inspector = await inspectorAt(port);
  // What runs for the first time is compiled first.
  for (let n = 0; n < 100; n++) await send(labd, authorization, next());
  const { own: calibration } = await inspector.calibrate();
  const before = (await inspector.memory()) / MB;
  const codes = new Map<string, number>();
  let longest: Held = { wall: 0, own: 0, query: '' };
  for (let n = 0; n < many; n++) {
    const operation = next();
    await inspector.held();
    const code = await send(labd, authorization, operation);
    const { wall, own } = await inspector.held();
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (own > longest.own) longest = { wall, own, query: operation.query };
  }
  const after = (await inspector.memory()) / MB;
  inspector.close();
  return { longest, calibration, codes, before, after };
}
