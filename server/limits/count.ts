// How much an operation asks for by its arguments: each value that a filter compares with, each item of a list, each
// requirement of a label selector, with variables in place. Read off the types, so that what is new counts too.
import {
  type FieldNode,
  getNullableType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isListType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Counted, Measure } from '../../schema/base/counted.ts';
import { PerSelection, type Selected } from './selected.ts';

/** So many of each measure. */
export type Count = Readonly<Record<Measure, number>>;

/** Counts that depend on no variable, by selection. */
export type KnownCounts = WeakMap<SelectionSetNode, Count>;

const NONE: Count = { conditions: 0, manifests: 0 };
const ONE: Count = { conditions: 1, manifests: 0 };

const sum = (a: Count, b: Count): Count =>
  b === NONE ? a : { conditions: a.conditions + b.conditions, manifests: a.manifests + b.manifests };

/** What is there counts at least one. */
const atLeastOne = (count: Count): Count => (count.conditions + count.manifests > 0 ? count : ONE);

/**
 * Counts one operation of a valid document. What is used several times counts each time, but is looked at once: a
 * variable as much as a fragment. So counting takes as long as the request is large, whatever it asks for.
 */
export class Counting {
  readonly #enough: number;
  readonly #selected: Selected;
  readonly #counts: PerSelection<Count>;
  readonly #values = new WeakMap<object, Count>();
  readonly #largest: Record<Measure, { count: number; path: string }> = {
    conditions: { count: 0, path: '' },
    manifests: { count: 0, path: '' },
  };

  /** `enough` is where counting a value may stop. */
  constructor(selected: Selected, known: KnownCounts, enough: number) {
    this.#enough = enough;
    this.#selected = selected;
    this.#counts = new PerSelection(selected, known);
  }

  total(): Count {
    const { root, operation } = this.#selected;
    return root ? this.#below(operation.selectionSet, root) : NONE;
  }

  /** The argument that counts most, such as `servers(filter:)`; known once all are counted. */
  largest(measure: Measure): string {
    return this.#largest[measure].path;
  }

  #below(set: SelectionSetNode, type: GraphQLCompositeType): Count {
    return this.#counts.of(set, () => {
      let count = NONE;
      for (const selection of set.selections) {
        if (!this.#selected.included(selection.directives)) continue;
        const more =
          selection.kind === Kind.FIELD
            ? this.#field(selection, type)
            : this.#below(...this.#selected.fragment(selection, type));
        count = sum(count, more);
      }
      return count;
    });
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): Count {
    const field = this.#selected.field(node, parent);
    if (field === undefined) return NONE;
    const own = node.arguments?.length ? this.#arguments(node, field) : NONE;
    const type = getNamedType(field.type);
    return node.selectionSet && isCompositeType(type) ? sum(own, this.#below(node.selectionSet, type)) : own;
  }

  #arguments(node: FieldNode, { args }: GraphQLField<unknown, unknown>): Count {
    let count = NONE;
    for (const { name, value } of node.arguments ?? []) {
      const argument = args.find((one) => one.name === name.value);
      if (argument === undefined) continue;
      const given = this.#selected.value(value);
      // How large a page is, or where it begins, is no condition; what it leads to has a price.
      const counted: Counted = argument.extensions;
      if (typeof given !== 'object' && counted.conditions === undefined) continue;
      const own = this.#value(given, argument.type, counted);
      this.#note(own, `${(node.alias ?? node.name).value}(${name.value}:)`);
      count = sum(count, own);
    }
    return count;
  }

  #note(count: Count, path: string): void {
    for (const measure of Object.keys(this.#largest) as Measure[])
      if (count[measure] > this.#largest[measure].count) this.#largest[measure] = { count: count[measure], path };
  }

  /** A value as the request has it. One that is not of its type counts too: it is refused later. */
  #value(value: unknown, type: GraphQLInputType, counted: Counted | undefined): Count {
    if (value === null || value === undefined) return NONE;
    if (typeof value !== 'object')
      return typeof value === 'string' && counted?.conditions
        ? { conditions: counted.conditions(value), manifests: 0 }
        : ONE;
    const known = this.#values.get(value);
    if (known !== undefined) return known;
    const count = this.#entries(value, type, counted);
    this.#values.set(value, count);
    return count;
  }

  #entries(value: object, nullable: GraphQLInputType, counted: Counted | undefined): Count {
    const type = getNullableType(nullable);
    if (isListType(type)) {
      const items = Array.isArray(value) ? (value as unknown[]) : [value];
      if (counted?.items !== undefined) return { ...NONE, [counted.items]: items.length };
      return this.#each(items, (item) => atLeastOne(this.#value(item, type.ofType, counted)));
    }
    const fields = isInputObjectType(type) ? type.getFields() : undefined;
    return this.#each(Object.entries(value), ([name, one]) => {
      const field = fields?.[name];
      // What is in a scalar, such as a set of labels, has no type of its own.
      return this.#value(one, field?.type ?? type, field?.extensions);
    });
  }

  #each<T>(parts: readonly T[], count: (part: T) => Count): Count {
    let total = NONE;
    for (const part of parts) {
      total = sum(total, count(part));
      if (total.conditions > this.#enough) break;
    }
    return atLeastOne(total);
  }
}
