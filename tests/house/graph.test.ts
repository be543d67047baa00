// The printed graph is what labd serves, and every committed document fits it.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  buildSchema,
  concatAST,
  LoneAnonymousOperationRule,
  parse,
  Source,
  specifiedRules,
  UniqueOperationNamesRule,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
/** All documents of a program are looked at together, since they share fragments; they are sent one by one. */
const rules = specifiedRules.filter((rule) => rule !== UniqueOperationNamesRule && rule !== LoneAnonymousOperationRule);

const documentsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.graphql') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`);

describe('schema/schema.graphql', () => {
  test('is what labd serves (if not: npm run sdl)', { timeout: 120_000 }, async () => {
    await promisify(execFile)(process.execPath, ['scripts/sdl.mjs', '--check']);
  });

  test.each(['cli', 'bastion', 'server/graphiql/examples', 'tests'])('fits every document in %s', (folder) => {
    const documents = documentsIn(folder).map((path) => parse(new Source(readFileSync(path, 'utf8'), path)));
    const errors = documents.length === 0 ? [] : validate(schema, concatAST(documents), rules);
    expect(errors.map(({ message, source }) => `${source?.name}: ${message}`)).toEqual([]);
  });

  test.each(['README.md', 'CONTRIBUTING.md'])('fits what %s shows', (file) => {
    const blocks = [...readFileSync(file, 'utf8').matchAll(/```graphql\n([^]*?)```/g)].map((match) => match[1]!);
    const errors = blocks.flatMap((block) => validate(schema, parse(block)));
    expect(errors.map(({ message }) => message)).toEqual([]);
  });
});
