// The scalars of the graph.
import { GraphQLError, TokenKind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { parseCursor } from '../../server/store/cursor.ts';
import { MOMENTS, parseMoment } from '../../common/moment.ts';
import { builder } from './builder.ts';
import { Ago } from './givenMoment.ts';

const invalid = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

/** Reads a moment; `named` says where it is given, where that is known. */
function parseDateTime(value: unknown, named = ''): Date {
  const written = typeof value === 'string' ? parseMoment(value) : { problem: 'is no text' };
  if ('problem' in written) throw invalid(`${named}A DateTime was given that ${written.problem}. Write ${MOMENTS}.`);
  return 'ago' in written ? new Ago(written.ago) : new Date(written.at);
}

/** The field or argument that a value stands behind in a document: graphql names those of variables alone. */
function nameBefore({ loc }: ValueNode): string {
  const token = loc?.startToken.prev?.prev;
  return token?.kind === TokenKind.NAME ? `${token.value}: ` : '';
}

builder.scalarType('DateTime', {
  description:
    'A moment: RFC 3339 with milliseconds, in UTC. On input RFC 3339 with any offset, a day, which is its 00:00 UTC, or, where the past is asked for, how long ago it is, such as 2h; nothing else.',
  serialize: (value) => (typeof value === 'string' ? value : value.toISOString()),
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(valueFromASTUntyped(node), nameBefore(node)),
});

builder.scalarType('Counter', {
  description: 'A whole number from 0 to 2^53 - 1.',
  // Rows from the database hold bigints; rows from the change log hold strings.
  serialize: (value) => Number(value),
  parseValue: (value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw invalid('A Counter is a whole number from 0 to 2^53 - 1.');
    }
    return value as number;
  },
});

builder.scalarType('Revision', {
  description: 'A place in the change log, `logId.rev`; on input `rev:N` means the current log.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'string' && parseCursor(value)) return value;
    throw invalid('A Revision is what a list or a watch returned, logId.rev, or rev:N.');
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON. What is wrong inside one that is given is answered with its path.',
  serialize: (value) => value,
  parseValue: (value) => value,
});

builder.scalarType('Labels', {
  description: 'Labels: a map of strings, keys and values as in Kubernetes.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid('Labels are an object of strings, such as {"rack": "a1"}.');
    }
    return value as Record<string, string>;
  },
});

builder.scalarType('Manifest', {
  description:
    'One object as a file has it: a map with `apiVersion` (lab/v1), `kind`, `metadata` and `spec`. What is wrong inside it is answered as problems, each with its path.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalid('A Manifest is an object with apiVersion, kind, metadata and spec.');
    }
    return value as Record<string, unknown>;
  },
});
