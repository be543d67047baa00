// Computed fields: those that are read from elsewhere than the object's own row. Each says how it is now, how it was at
// an earlier revision, and what is answered to who may not see the object any more; which of them applies is decided here.
import type {
  FieldNullability,
  InputFieldMap,
  InputShapeFromFields,
  ShapeFromTypeParam,
  TypeParam,
} from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import { keyOf } from '../base/batch.ts';
import type { Types } from '../base/builder.ts';
import type { Context, Moment, PastContext } from '../base/context.ts';
import { atMoment } from '../base/contextAt.ts';
import type { Sizes } from '../base/sizes.ts';
import { watchOf } from '../rows/watchedRow.ts';

/** The answer for one row. `here` is the context of the moment that is asked about. */
type Answer<R, C extends Moment, A, T> = (row: R, here: C, args: A, info: GraphQLResolveInfo) => T | Promise<T>;

/** Says in `hidden` that a field reads nothing but what the caller may see at present, and needs no other answer. */
export const CHECKS_ITSELF = Symbol('checks itself');

interface Computed<
  R,
  Type extends TypeParam<Types>,
  Nullable extends FieldNullability<Type>,
  Args extends InputFieldMap,
> {
  readonly type: Type;
  readonly description: string;
  readonly nullable?: Nullable;
  readonly args?: Args;
  /** The columns of the row that it needs */
  readonly columns: readonly (keyof R & string)[];
  /** How many objects it leads to, for a list */
  readonly sizes?: Sizes;
  /** How it is at present */
  readonly now: Answer<R, Context, InputShapeFromFields<Args>, ShapeFromTypeParam<Types, Type, Nullable>>;
  /** How it was at a revision; a value when the change log does not have it, which its description then says */
  readonly then:
    | Answer<R, PastContext, InputShapeFromFields<Args>, ShapeFromTypeParam<Types, Type, Nullable>>
    | ShapeFromTypeParam<Types, Type, Nullable>;
  /**
   * What is answered when a watch delivers the last change of an object that the caller may not see any more: its row was
   * the caller's to see, and what is so of it since is not. `revision` is that of the change.
   */
  readonly hidden: ((row: R, revision: string) => ShapeFromTypeParam<Types, Type, Nullable>) | typeof CHECKS_ITSELF;
}

/** The options of a computed field, for `t.field`. */
export function computedField<
  R extends object,
  Type extends TypeParam<Types>,
  Nullable extends FieldNullability<Type> = false,
  Args extends InputFieldMap = Record<never, never>,
>({ type, description, nullable, args, columns, sizes, now, then, hidden }: Computed<R, Type, Nullable, Args>) {
  type Value = ShapeFromTypeParam<Types, Type, Nullable>;
  const resolve = (parent: unknown, given: InputShapeFromFields<Args>, here: Moment, info: GraphQLResolveInfo) => {
    const row = parent as R;
    if (here.past)
      return typeof then === 'function'
        ? (then as Answer<R, PastContext, InputShapeFromFields<Args>, Value>)(row, here, given, info)
        : then;
    if (hidden === CHECKS_ITSELF) return now(row, here, given, info);
    const watch = watchOf(row);
    if (!watch) return now(row, here, given, info);
    return watch.shown().then((shown) => (shown ? now(row, here, given, info) : hidden(row, watch.revision)));
  };
  return {
    type,
    description,
    nullable: nullable ?? (false as Nullable),
    args: args ?? ({} as Args),
    extensions: { ...sizes, columns },
    resolve: atMoment<unknown, InputShapeFromFields<Args>, Value | Promise<Value>>(resolve),
  };
}

/**
 * An answer that is loaded for all rows that ask at once, or that a watch delivers together. `load` gets them all, and
 * returns how to find each one's; with one for both moments, it reads by what `here` offers.
 */
export const batched =
  <R extends object, C extends Moment, A, T>(
    load: (rows: readonly R[], here: C, args: A, info: GraphQLResolveInfo) => Promise<(row: R) => T>,
  ): Answer<R, C, A, T> =>
  (row, here, args, info) => {
    const all = (rows: readonly R[]) => load(rows, here, args, info);
    const watch = here.past ? undefined : watchOf(row);
    if (!watch) return here.batches.load(info, row, all);
    here.beforeReading();
    return watch.together.load(keyOf(info), all as never).then((find) => (find as (one: R) => T)(row));
  };

/** The ids of rows, each once. */
export const idsOf = (rows: readonly { id: string }[]): string[] => [...new Set(rows.map(({ id }) => id))];
