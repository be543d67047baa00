// How many objects an operation's answer can hold, estimated from its document and variables: fields that lead to
// lists say in their extensions how many there can be (schema/base/sizes.ts).
import {
  getNamedType,
  getNullableType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  isCompositeType,
  isListType,
  isUnionType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
} from 'graphql';
import type { Size, Sizes } from '../../schema/base/sizes.ts';

/** Objects in a list of which nothing is known. */
const SHORT_LIST = 10;

/** What the condition of a directive must be for its selection to stay. */
const CONDITIONS: ReadonlyMap<string, boolean> = new Map([
  ['skip', false],
  ['include', true],
]);

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

type Variables = Readonly<Record<string, unknown>>;

/** Cached prices that depend on no variable, by selection: the same documents come again and again. */
export type KnownPrices = WeakMap<SelectionSetNode, Price>;

/**
 * Prices one operation of a valid document. A field that is selected twice is counted twice, so that an estimate is
 * never too low. Takes each fragment once, so it is quick however often they spread each other.
 */
export class Pricing {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #variables: Variables;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #known: KnownPrices;
  /** Those that variables have a say in: good for this operation only */
  readonly #own = new Map<SelectionSetNode, Price>();
  /** Whether a variable was looked at since this was last false */
  #varies = false;

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    known: KnownPrices,
  ) {
    this.#schema = schema;
    this.#operation = operation;
    this.#variables = variables;
    this.#known = known;
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  /** The price of the whole operation. */
  total(): number {
    const root = this.#schema.getRootType(this.#operation.operation);
    return root ? this.#below(this.#operation.selectionSet, root).objects : 0;
  }

  /** Follows the dearest field from the root down, and names the list on that way that holds most objects. */
  dearest(): Dearest {
    let best: Dearest = { path: '', objects: 0 };
    let type: GraphQLCompositeType | null | undefined = this.#schema.getRootType(this.#operation.operation);
    let set: SelectionSetNode | undefined = this.#operation.selectionSet;
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
    const known = this.#known.get(set) ?? this.#own.get(set);
    if (known !== undefined) {
      if (this.#own.has(set)) this.#varies = true;
      return known;
    }
    const before = this.#varies;
    this.#varies = false;
    let objects = 0;
    let perRow = 0;
    for (const selection of set.selections) {
      if (!this.#included(selection.directives)) continue;
      const price =
        selection.kind === Kind.FIELD ? this.#field(selection, type) : this.#below(...this.#fragment(selection, type));
      objects += price?.objects ?? 0;
      perRow += price?.perRow ?? 0;
    }
    const price = { objects, perRow };
    if (this.#varies) this.#own.set(set, price);
    else this.#known.set(set, price);
    this.#varies ||= before;
    return price;
  }

  #field(node: FieldNode, parent: GraphQLCompositeType): Price | undefined {
    const field = this.#definition(node, parent);
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
      .map(({ value }) => sizeOf(this.#value(value)))
      .filter((size) => size !== undefined);
    return sizes.length === 0 ? otherwise : Math.max(...sizes);
  }

  #included(directives: readonly DirectiveNode[] | undefined): boolean {
    if (directives === undefined || directives.length === 0) return true;
    return directives.every(({ name, arguments: given }) => {
      const wanted = CONDITIONS.get(name.value);
      const condition = given?.find((argument) => argument.name.value === 'if');
      return wanted === undefined || !condition || this.#value(condition.value) === wanted;
    });
  }

  /** A value as far as it matters here: numbers, booleans, and how long lists are. */
  #value(node: ValueNode): unknown {
    if (node.kind === Kind.INT) return Number(node.value);
    if (node.kind === Kind.BOOLEAN) return node.value;
    if (node.kind === Kind.LIST) return node.values;
    if (node.kind !== Kind.VARIABLE) return undefined;
    this.#varies = true;
    const given = this.#variables[node.name.value];
    if (given !== undefined) return given;
    const declared = this.#operation.variableDefinitions?.find(
      ({ variable }) => variable.name.value === node.name.value,
    );
    return declared?.defaultValue && this.#value(declared.defaultValue);
  }

  /** What a fragment selects, and of which type. */
  #fragment(
    selection: FragmentSpreadNode | InlineFragmentNode,
    around: GraphQLCompositeType,
  ): [SelectionSetNode, GraphQLCompositeType] {
    const { typeCondition, selectionSet } =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)!;
    const type = typeCondition ? this.#schema.getType(typeCondition.name.value) : around;
    return [selectionSet, type as GraphQLCompositeType];
  }

  #definition({ name }: FieldNode, parent: GraphQLCompositeType): GraphQLField<unknown, unknown> | undefined {
    if (name.value === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name.value === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    return isUnionType(parent) ? undefined : parent.getFields()[name.value];
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
        if (!this.#included(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const field = this.#definition(selection, on);
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
        look(...this.#fragment(selection, on));
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
