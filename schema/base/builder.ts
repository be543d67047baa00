// The Pothos builder and its plugins; defines no types.
import SchemaBuilder, { type FieldNullability, type InputFieldMap, type TypeParam } from '@pothos/core';
import type { SchemaTypes } from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import type { Action } from '../../server/domain/access/caller.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from './context.ts';
import type PrismaTypes from '../generated/pothos.ts';
import { getDatamodel } from '../generated/pothos.ts';

/** The types behind the schema, with Pothos' own defaults: what its references are written with. */
export type Types = PothosSchemaTypes.ExtendDefaultTypes<LabTypes>;

/** What a root field needs: nothing, that somebody is known to ask, or a permission. */
export type Need = 'public' | 'self' | Action;

/** The types behind the schema. */
export interface LabTypes {
  PrismaTypes: PrismaTypes;
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date | string };
    Counter: { Input: number; Output: number | bigint | string };
    Revision: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    Labels: { Input: Record<string, string>; Output: unknown };
    Manifest: { Input: Record<string, unknown>; Output: unknown };
  };
}

// Every root field says what its caller must be allowed to do: one that says nothing does not compile.
declare global {
  // Pothos is extended by merging into its own namespace, with its own type parameters.
  /* eslint-disable @typescript-eslint/no-namespace, @typescript-eslint/no-unused-vars */
  export namespace PothosSchemaTypes {
    export interface QueryFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** What the caller must be allowed to do: to something at least, and to what it asks for; see guard.ts */
      action: Need;
      /** The kind that it is about, if it is about one */
      kind?: KindName;
    }
    export interface MutationFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveReturnShape,
    > {
      /** What the caller must be allowed to do: to something at least, and to what it asks for; see guard.ts */
      action: Need;
      /** The kind that it is about, if it is about one */
      kind?: KindName;
    }
    export interface SubscriptionFieldOptions<
      Types extends SchemaTypes,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > {
      /** What the caller must be allowed to do: to something at least, and to what it asks for; see guard.ts */
      action: Need;
      /** The kind that it is about, if it is about one */
      kind?: KindName;
    }
  }
  /* eslint-enable @typescript-eslint/no-namespace, @typescript-eslint/no-unused-vars */
}

export const builder = new SchemaBuilder<LabTypes>({
  plugins: [PrismaPlugin],
  defaultFieldNullability: false,
  prisma: { client: (context) => context.database.prisma, dmmf: getDatamodel() },
});

builder.queryType({ description: 'What can be asked. Lists are pages; follow `pageInfo.endCursor` with `after`.' });
builder.mutationType({
  description: 'What can be changed. Each returns a union of the object and the errors that a caller can act on.',
});
builder.subscriptionType({ description: 'What can be followed as it happens.' });
