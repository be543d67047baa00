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
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  validate,
} from 'graphql';
import { describe, expect, test } from 'vitest';

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
/** All documents of a program are looked at together, since they share fragments; they are sent one by one. */
const rules = specifiedRules.filter((rule) => rule !== UniqueOperationNamesRule && rule !== LoneAnonymousOperationRule);

/** The shortest description that can say more than a name. */
const SHORTEST = 17;

interface Described {
  readonly path: string;
  readonly description: string | null | undefined;
}

/** A type of ours and everything in it that has a description, by its path. */
function described(type: GraphQLNamedType): Described[] {
  const own = [{ path: type.name, description: type.description }];
  if (isEnumType(type))
    return [
      ...own,
      ...type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description })),
    ];
  if (isInputObjectType(type) || isObjectType(type) || isInterfaceType(type))
    for (const field of Object.values(type.getFields())) {
      const path = `${type.name}.${field.name}`;
      own.push({ path, description: field.description });
      if ('args' in field)
        for (const { name, description } of field.args) own.push({ path: `${path}(${name}:)`, description });
    }
  return own;
}

const documentsIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.graphql') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`);

describe('schema/schema.graphql', () => {
  test('is what labd serves (if not: npm run sdl)', { timeout: 120_000 }, async () => {
    await promisify(execFile)(process.execPath, ['scripts/sdl.mjs', '--check']);
  });

  test(`describes everything in a sentence of ${SHORTEST} characters at least: lab explain prints it`, () => {
    const types = Object.values(schema.getTypeMap());
    const poor = types
      .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
      .flatMap(described)
      .filter(({ description }) => !description || description.length < SHORTEST || !description.endsWith('.'));
    expect(poor).toEqual([]);
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
