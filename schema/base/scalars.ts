// The scalars of the graph.
import { GraphQLError } from 'graphql';
import { parseCursor } from '../../server/store/cursor.ts';
import { builder } from './builder.ts';

const invalid = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

builder.scalarType('DateTime', {
  description: 'A moment, ISO 8601 with milliseconds, in UTC.',
  serialize: (value) => (typeof value === 'string' ? value : value.toISOString()),
  parseValue: (value) => {
    const date = typeof value === 'string' ? new Date(value) : new Date(NaN);
    const year = date.getUTCFullYear();
    // Of other years JavaScript and the database have different spellings.
    if (!(year >= 1 && year <= 9999)) throw invalid(`A DateTime is ISO 8601, such as 2026-01-31T12:00:00Z.`);
    return date;
  },
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
