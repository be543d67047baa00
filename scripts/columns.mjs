// The columns of every table and their SQL types, read out of prisma/schema.prisma for the statements that labd writes
// itself: Prisma's generated client says neither which type a column has nor, before it is parsed, what it is called.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { get_dmmf } = createRequire(import.meta.url)('@prisma/prisma-schema-wasm');

/** SQL types by Prisma's native types, and by its own types where a column declares no native one. */
const sqlTypes = {
  Uuid: 'uuid',
  Inet: 'inet',
  JsonB: 'jsonb',
  Timestamptz: 'timestamptz',
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Float: 'float8',
  Boolean: 'bool',
};

/**
 * Writes the module that holds them as one object, which costs nothing to load.
 * @param {string} schema Prisma's schema
 * @param {string} target Beside the generated client
 */
export function writeColumns(schema, target) {
  const dmmf = get_dmmf(JSON.stringify({ prismaSchema: readFileSync(schema, 'utf8'), noColor: true }));
  const { models } = JSON.parse(dmmf).datamodel;
  const rows = models.map(({ name }) => `  ${name}: client.${name};`);
  const tables = models.map(({ name, dbName, fields }) => {
    const columns = fields.filter(({ kind }) => kind !== 'object').map((field) => `      ${column(name, field)}`);
    return `  ${name}: {\n    table: '${dbName ?? name}',\n    columns: {\n${columns.join('\n')}\n    },\n  },`;
  });
  const types = [
    ...new Set(models.flatMap(({ name, fields }) => fields.flatMap((field) => typeOf(name, field) ?? []))),
  ];
  writeFileSync(
    target,
    `// Generated from ${schema} by scripts/columns.mjs. Do not edit.
import type * as client from './client.ts';

/** A row of each model, as Prisma's client gives it. */
export interface Rows {
${rows.join('\n')}
}

export type ColumnType = ${types.map((type) => `'${type}'`).join(' | ')};

interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

type Tables = {
  readonly [Model in keyof Rows]: {
    readonly table: string;
    readonly columns: { readonly [Field in keyof Rows[Model]]-?: Column };
  };
};

/** The table of each model, and the column of each field in it. */
export const tables: Tables = {
${tables.join('\n')}
};
`,
  );
}

const column = (model, field) =>
  `${field.name}: { name: '${field.dbName ?? field.name}', type: '${typeOf(model, field)}' },`;

/** A field's SQL type; undefined for a relation, which has no column. */
function typeOf(model, { name, kind, type, nativeType, isList }) {
  if (kind === 'object') return undefined;
  const sql = sqlTypes[nativeType?.[0] ?? type];
  if (!sql)
    throw new Error(`${model}.${name} is of a type that scripts/columns.mjs does not know: ${nativeType ?? type}`);
  return isList ? `${sql}[]` : sql;
}
