// Whatever somebody types who may see a little, nothing that lab prints stands in what they may not see: every command,
// through labd's own port, whose headers and errors are looked at too.
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { lifecycleCommands } from '../../cli/commands/lifecycle.ts';
import { COMMANDS } from '../../cli/commands.ts';
import { catalog } from '../../schema/catalog.ts';
import { createContext, schema } from '../../schema/index.ts';
import { createThrottle } from '../../server/domain/access/throttle.ts';
import { listen } from '../../server/http/http.ts';
import { Findings } from '../schema/hidden/ask.ts';
import { ADMINISTRATOR, openNarrow, type Narrow } from '../schema/hidden/narrow.ts';
import { references } from '../schema/hidden/references.ts';
import { LINES } from './hiddenWords.ts';
import { runLab } from '../cli/support.ts';

/** Who asks: the same as ask the graph, but for a bastion, which has no lab. */
const WHO = ['who may read one server', 'who may do anything in one place', 'who may do nothing', ADMINISTRATOR];
const tokenOf = (who: string): string => `lab_pat_test${WHO.indexOf(who)}`;

/** Opens labd's port for the graph; each of them has a token. Returns the address. */
async function serve({ graph, callers, authority, openId }: Narrow): Promise<string> {
  const { db, hub, fleet, secrets } = graph;
  const log = pino({ level: 'silent' });
  const options = { host: '127.0.0.1', port: 0, allowedHosts: [], allowedOrigins: [], graphiql: undefined, log };
  const server = await listen({ ...options, system: db.system });
  onTestFinished(() => server.stop(0));
  const throttle = createThrottle(db.system.elapsed);
  await server.serve({
    schema,
    createContext,
    backend: { database: db, hub, fleet, throttle, authority, secrets, openId },
    identify: ({ token }) => Promise.resolve(callers[WHO.find((who) => tokenOf(who) === token)!]!),
    ping: () => db.ping(),
  });
  return server.url;
}

const ITSELF = 'It is about lab itself, or about whoever types.';
const ECHO = 'It says what was typed, and what became of it.';
const NEW = 'What it shows is new, and not hidden.';

/** The commands that show the administrator no mark either, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(COMMANDS)
      .filter((command) => /^(config|bastion):/.test(command))
      .map((command) => [command, ITSELF]),
  ),
  'api-resources': ITSELF,
  'auth:passwd': ITSELF,
  completion: ITSELF,
  explain: ITSELF,
  login: ITSELF,
  logout: ITSELF,
  'plugin:list': ITSELF,
  version: ITSELF,
  simulate: 'It speaks to a bastion, and there is none.',
  ...Object.fromEntries(Object.keys(lifecycleCommands).map((verb) => [verb, ECHO])),
  'audit:verify': 'It counts changes, and names none.',
  'auth:bind': ECHO,
  'auth:revoke': ECHO,
  'auth:unbind': ECHO,
  delete: 'Where nobody can be asked, it shows nothing of what hangs on an object; `describe` does.',
  edit: ECHO,
  power: ECHO,
  'query:run': ECHO,
  'query:save': ECHO,
  ...Object.fromEntries(
    Object.keys(COMMANDS)
      .filter((command) => /^create:/.test(command))
      .map((command) => [command, NEW]),
  ),
  apply: NEW,
  diff: NEW,
};

test('no command tells of what is hidden', { timeout: 600_000 }, async () => {
  expect(Object.keys(LINES).sort()).toEqual(Object.keys(COMMANDS).sort());
  const narrow = await openNarrow();
  const url = await serve(narrow);
  const named = (await references(narrow)).filter(({ kind, way }) => way === 'name' && catalog[kind].verbs.length > 0);
  const objects = named.map(({ kind, value }) => ({ kind: catalog[kind].field, name: value }));
  const { rev } = await narrow.graph.db.prisma.head.findFirstOrThrow();
  const revisions = Array.from({ length: 20 }, (_, i) => rev - BigInt(i * 2));
  const findings = new Findings();
  for (const [command, lines] of Object.entries(LINES))
    for (const { words, input = '' } of lines(objects, revisions))
      for (const who of WHO) {
        const { out, err } = await runLab(words, { LAB_URL: url, LAB_TOKEN: tokenOf(who), EDITOR: 'true' }, input);
        const typed = `lab ${words.join(' ')} ${input}`;
        findings.note(who, command, typed, narrow.marksIn(`${out} ${err}`, typed));
      }
  for (const who of WHO) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokenOf(who)}` };
    const body = JSON.stringify({ query: '{ servers { nodes { name } } bastions { nodes { name } } }' });
    const answer = await fetch(url, { method: 'POST', headers, body });
    const text = `${JSON.stringify([...answer.headers])} ${await answer.text()}`;
    findings.note(who, 'over HTTP', body, narrow.marksIn(text, body));
  }
  findings.expectHidden(WITHOUT);
});
