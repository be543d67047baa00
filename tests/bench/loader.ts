// A load, in a process of its own: so many callers, each asking again as soon as it was answered. Prints how many answers.
import { Agent, request } from 'node:http';
import pg from 'pg';

interface Load {
  seconds: number;
  callers: number;
  /** GraphQL over HTTP … */
  url?: string;
  query?: string;
  authorization?: string;
  /** … or a statement over a pool */
  database?: string;
  sql?: string;
}

const load = JSON.parse(process.argv[2]!) as Load;

function overHttp(): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.callers });
  const body = JSON.stringify({ query: load.query });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(load.authorization === undefined ? {} : { authorization: load.authorization }),
  };
  return () =>
    new Promise((resolve, reject) => {
      const sent = request(load.url!, { method: 'POST', agent, headers }, (response) => {
        let first = '';
        response.on('data', (chunk: Buffer) => (first ||= chunk.toString('latin1', 0, 20)));
        response.on('end', () => {
          if (response.statusCode === 200 && first.startsWith('{"data":{')) resolve();
          else reject(new Error(`HTTP ${response.statusCode}: ${first}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

function overPool(): () => Promise<void> {
  const pool = new pg.Pool({ connectionString: load.database, max: load.callers });
  return async () => void (await pool.query({ name: 'bench', text: load.sql! }));
}

const once = load.sql === undefined ? overHttp() : overPool();

/** Asks for so many seconds; returns how many answers there were, and how long it took. */
async function ask(seconds: number): Promise<{ answers: number; seconds: number }> {
  const from = performance.now();
  let answers = 0;
  const caller = async () => {
    while (performance.now() < from + seconds * 1000) {
      await once();
      answers++;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  return { answers, seconds: (performance.now() - from) / 1000 };
}

// Not counted: compilers and caches need it.
await ask(load.seconds / 2);
process.send?.('warm');
process.send?.(await ask(load.seconds));
process.exit();
