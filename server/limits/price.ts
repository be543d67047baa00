// How many objects an operation's answer can hold, estimated from its document and variables: fields that lead to
// lists say in their extensions how many there can be (schema/base/sizes.ts).
import {
  getNamedType,
  getNullableType,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  isCompositeType,
  isListType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import type { Size, Sizes } from '../../schema/base/sizes.ts';
import { PerSelection, type Selected } from './selected.ts';

/** Objects in a list of which nothing is known. */
const SHORT_LIST = 10;

/** The price of a selection: a fixed number of objects, and a number for each row of the connection around it. */
interface Price {
  readonly objects: number;
  readonly perRow: number;
}

/** The list that makes an operation dear. */
export interface Dearest {
  /** As the document names it, such as `servers.nodes.nics` */
  readonly path: string;
  readonly objects: number;
}

/** Cached prices that depend on no variable, by selection: the same documents come again and again. */
export type KnownPrices = WeakMap<SelectionSetNode, Price>;

/**
 * Prices one operation of a valid document. A field that is selected twice is counted twice, so that an estimate is
 * never too low. Takes each fragment once, so it is quick however often they spread each other.
 */
export class Pricing {
  readonly #selected: Selected;
  readonly #prices: PerSelection<Price>;

  constructor(selected: Selected, known: KnownPrices) {
    this.#selected = selected;
    this.#prices = new PerSelection(selected, known);
  }

  /** The price of the whole operation. */
  total(): number {
    const { root, operation } = this.#selected;
    return root ? this.#below(operation.selectionSet, root).objects : 0;
  }

  /** Follows the dearest field from the root down, and names the list on that way that holds most objects. */
  dearest(): Dearest {
    let best: Dearest = { path: '', objects: 0 };
    let type: GraphQLCompositeType | null | undefined = this.#selected.root;
    let set: SelectionSetNode | undefined = this.#selected.operation.selectionSet;
    let path = '';
    let list = '';
    let times = 1;
    let rows = 1;
    while (type && set) {
      const [node, field] = this.#dearestField(set, type, rows);
      if (node === undefined || field === undefined) break;
      const { page, perRow, many } = this.#counts(field, node);
      path += `${path && '.'}${(node.alias ?? node.name).value}`;
      times *= perRow ? rows : many;
      // The rows of a connection are named after the field that has the arguments.
      if (page !== undefined || (many !== 1 && !perRow)) list = path;
      if (times > best.objects) best = { path: list || path, objects: times };
      if (page !== undefined) rows = page;
      type = compositeOf(field);
      set = node.selectionSet;
    }
    return best;
  }

  /** What is selected below, as if each fragment stood where it is spread. */
  #below(set: SelectionSetNode, type: GraphQLCompositeType): Price {
    return this.#prices.of(set, () => {
      let objects = 0;
      let perRow = 0;
      for (const selection of set.selections) {
        if (!this.#selected.included(selection.directives)) continue;
        const price =
          selection.kind === Kind.FIELD
            ? this.#field(selection, type)
            : this.#below(...this.#selected.fragment(selection, type));
        objects += price?.objects ?? 0;
        perRow += price?.perRow ?? 0;
      }
      return { objects, perRow };
    });
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): Price | undefined {
    const field = this.#selected.field(node, parent);
    const type = field && compositeOf(field);
    if (!type || !node.selectionSet) return undefined;
    const below = this.#below(node.selectionSet, type);
    const { page, perRow, many } = this.#counts(field, node);
    const each = { objects: 1 + below.objects, perRow: below.perRow };
    if (page !== undefined) return { objects: each.objects + page * each.perRow, perRow: 0 };
    if (perRow) return { objects: 0, perRow: each.objects + each.perRow };
    return { objects: many * each.objects, perRow: many * each.perRow };
  }

  /** How often what is below a field is there. */
  #counts({ type, extensions }: GraphQLField<unknown, unknown>, node: FieldNode) {
    const { page, perRow = false, size } = extensions as Sizes;
    const usual = isListType(getNullableType(type)) ? SHORT_LIST : 1;
    return {
      page: page && this.#size(page, node),
      perRow,
      many: size ? this.#size(size, node) : usual,
    };
  }

  #size({ arguments: names, otherwise }: Size, node: FieldNode): number {
    const sizes = (node.arguments ?? [])
      .filter(({ name }) => names.includes(name.value))
      .map(({ value }) => sizeOf(this.#selected.value(value)))
      .filter((size) => size !== undefined);
    return sizes.length === 0 ? otherwise : Math.max(...sizes);
  }

  /** The dearest field among those selected below, through fragments. */
  #dearestField(
    set: SelectionSetNode,
    type: GraphQLCompositeType,
    rows: number,
  ): [FieldNode, GraphQLField<unknown, unknown>] | [] {
    let best: [FieldNode, GraphQLField<unknown, unknown>] | [] = [];
    let most = 0;
    const seen = new Set<string>();
    const look = (within: SelectionSetNode, on: GraphQLCompositeType) => {
      for (const selection of within.selections) {
        if (!this.#selected.included(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const field = this.#selected.field(selection, on);
          const { objects, perRow } = this.#field(selection, on) ?? { objects: 0, perRow: 0 };
          if (!field || objects + rows * perRow <= most) continue;
          most = objects + rows * perRow;
          best = [selection, field];
          continue;
        }
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          if (seen.has(selection.name.value)) continue;
          seen.add(selection.name.value);
        }
        look(...this.#selected.fragment(selection, on));
      }
    };
    look(set, type);
    return best;
  }
}

function compositeOf({ type }: GraphQLField<unknown, unknown>): GraphQLCompositeType | undefined {
  const named = getNamedType(type);
  return isCompositeType(named) ? named : undefined;
}

/** A list of objects by references is as long as it says; a number that is none of a page's sizes is refused later. */
function sizeOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
