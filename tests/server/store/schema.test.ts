// The schema keeps to what all three engines can do, and the migrations lead to it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { difference } from '../../../scripts/migration.ts';

const { get_dmmf, validate } = createRequire(import.meta.url)('@prisma/prisma-schema-wasm') as {
  get_dmmf(params: string): string;
  validate(params: string): void;
};
const PATH = 'prisma/schema.prisma';
const schema = readFileSync(PATH, 'utf8');

interface Field {
  name: string;
  kind: string;
  type: string;
  isList: boolean;
  isRequired: boolean;
  isUnique: boolean;
  nativeType: [string, string[]] | null;
}
interface Model {
  name: string;
  fields: Field[];
}
interface Index {
  model: string;
  type: string;
  fields: { name: string }[];
}
const { models, indexes } = (
  JSON.parse(get_dmmf(JSON.stringify({ prismaSchema: schema, noColor: true }))) as {
    datamodel: { models: Model[]; indexes: Index[] };
  }
).datamodel;

/** What lists are ordered by wherever a model has it. */
const ORDERED = ['name', 'createdAt', 'updatedAt'];

describe('the schema', () => {
  it('is valid for CockroachDB too', () => {
    const other = schema.replace('provider = "postgresql"', 'provider = "cockroachdb"');
    expect(() => validate(JSON.stringify({ prismaSchema: [[PATH, other]], noColor: true }))).not.toThrow();
  });

  it('uses only native types that all engines have alike', () => {
    const used = new Set(models.flatMap(({ fields }) => fields.flatMap(({ nativeType }) => nativeType?.[0] ?? [])));
    expect([...used].filter((type) => !['Uuid', 'JsonB', 'Timestamptz', 'Inet', 'Decimal'].includes(type))).toEqual([]);
    expect(schema).not.toMatch(/autoincrement\(|^enum /m);
  });

  it('has every date as timestamptz and every id as uuid', () => {
    for (const { name, fields } of models) {
      for (const field of fields) {
        if (field.type === 'DateTime') expect.soft(field.nativeType?.[0], `${name}.${field.name}`).toBe('Timestamptz');
        if (field.name === 'id' && field.type === 'String')
          expect.soft(field.nativeType?.[0], `${name}.id`).toBe('Uuid');
      }
    }
  });

  it('has columns to order by NOT NULL, with an index that ends in id', () => {
    for (const model of models.filter(({ fields }) => fields.some(({ name }) => name === 'version'))) {
      const manifests = model.fields.some(({ name }) => name === 'labels');
      for (const { name, isRequired } of model.fields.filter((field) => ORDERED.includes(field.name))) {
        expect.soft(isRequired, `${model.name}.${name} is NOT NULL`).toBe(true);
        const found = indexes.some(
          (index) =>
            index.model === model.name && index.fields.at(-2)?.name === name && index.fields.at(-1)?.name === 'id',
        );
        // The parts of a machine are listed within it; only their names are ordered by on their own.
        if (manifests || name === 'name')
          expect.soft(found || model.name === 'ApplySet', `${model.name} has an index (…, ${name}, id)`).toBe(true);
      }
    }
  });

  it('is what the migrations lead to', { timeout: 60_000 }, async () => {
    expect(await difference('prisma/migrations', PATH)).toBe('');
  });
});
