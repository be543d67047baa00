// Operations past a limit on their shape: refused with the limit's own code, whichever way they come.
import type { HostileCase } from '../cases.ts';
import type { Target } from '../support.ts';

const many = (times: number, one: (n: number) => string) => Array.from({ length: times }, (_, n) => one(n)).join(' ');

const documents: readonly [name: string, code: string, query: string][] = [
  ['A document of 1,001 tokens', 'DOCUMENT_TOO_LONG', `{ ${many(999, () => 'about')} { version } }`],
  ['A document with 101 aliases', 'TOO_MANY_ALIASES', `{ ${many(101, (n) => `a${n}: __typename`)} }`],
  [
    'A document 21 fields deep',
    'DOCUMENT_TOO_DEEP',
    `{ ${many(20, () => 'servers {')} __typename ${many(20, () => '}')} }`,
  ],
  ['A document with 51 directives', 'TOO_MANY_DIRECTIVES', `{ ${many(51, () => '__typename @include(if: true)')} }`],
  [
    'A page of 1,000 servers with all their NICs',
    'OPERATION_TOO_EXPENSIVE',
    '{ servers(first: 1000) { nodes { nics { nodes { name } } } } }',
  ],
];

export const rows = (target: Target): HostileCase[] =>
  documents.flatMap(([name, code, query]): HostileCase[] => [
    { name, code, status: 400, attack: () => target.ask(query) },
    { name: `${name} over a WebSocket`, code, attack: () => target.overWebSocket(query) },
  ]);
