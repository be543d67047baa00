// What one operation of a valid document selects, fragments and directives resolved: what the limits on how much an
// operation asks for have in common.
import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  type InlineFragmentNode,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  type ValueNode,
} from 'graphql';

/** What the condition of a directive must be for its selection to stay. */
const CONDITIONS: ReadonlyMap<string, boolean> = new Map([
  ['skip', false],
  ['include', true],
]);

/** The variables of a request, as it sent them. */
export type Variables = Readonly<Record<string, unknown>>;

/** An operation with its variables, to be read selection by selection. */
export class Selected {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly #given: Variables;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  #variables: Record<string, unknown> | undefined;
  /** Whether a variable was looked at since this was last false */
  varies = false;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, given: Variables) {
    this.schema = schema;
    this.operation = operation;
    this.#given = given;
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  get root(): GraphQLCompositeType | null | undefined {
    return this.schema.getRootType(this.operation.operation);
  }

  /** Each variable as it was given, or else as the operation declares it; not yet checked against its type. */
  get variables(): Variables {
    if (this.#variables !== undefined) return this.#variables;
    const variables: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const { variable, defaultValue } of this.operation.variableDefinitions ?? []) {
      const { value: name } = variable.name;
      const given = this.#given[name];
      if (given !== undefined) variables[name] = given;
      else if (defaultValue !== undefined) variables[name] = valueFromASTUntyped(defaultValue);
    }
    return (this.#variables = variables);
  }

  /** A value of the document as plain data, each variable in its place: the same object wherever it is used. */
  value(node: ValueNode): unknown {
    if (node.kind === Kind.INT) return Number(node.value);
    if (node.kind === Kind.BOOLEAN) return node.value;
    this.varies ||= hasVariable(node);
    return valueFromASTUntyped(node, this.variables);
  }

  /** Whether a selection stays, by its directives. */
  included(directives: readonly DirectiveNode[] | undefined): boolean {
    if (directives === undefined || directives.length === 0) return true;
    return directives.every(({ name, arguments: given }) => {
      const wanted = CONDITIONS.get(name.value);
      const condition = given?.find((argument) => argument.name.value === 'if');
      return wanted === undefined || !condition || this.value(condition.value) === wanted;
    });
  }

  /** What a fragment selects, and of which type. */
  fragment(
    selection: FragmentSpreadNode | InlineFragmentNode,
    around: GraphQLCompositeType,
  ): [SelectionSetNode, GraphQLCompositeType] {
    const { typeCondition, selectionSet } =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragments.get(selection.name.value)!;
    const type = typeCondition ? this.schema.getType(typeCondition.name.value) : around;
    return [selectionSet, type as GraphQLCompositeType];
  }

  field({ name }: FieldNode, parent: GraphQLCompositeType): GraphQLField<unknown, unknown> | undefined {
    if (name.value === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name.value === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    return isUnionType(parent) ? undefined : parent.getFields()[name.value];
  }
}

function hasVariable(node: ValueNode): boolean {
  if (node.kind === Kind.VARIABLE) return true;
  if (node.kind === Kind.LIST) return node.values.some(hasVariable);
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => hasVariable(value));
}

/**
 * What was found out of selection sets, each looked at once, however often fragments spread each other. What depends on
 * no variable is kept for the next operation of the same document: the same documents come again and again.
 */
export class PerSelection<T> {
  readonly #known: WeakMap<SelectionSetNode, T>;
  /** Those that variables have a say in: good for this operation only */
  readonly #own = new Map<SelectionSetNode, T>();
  readonly #selected: Selected;

  constructor(selected: Selected, known: WeakMap<SelectionSetNode, T>) {
    this.#selected = selected;
    this.#known = known;
  }

  of(set: SelectionSetNode, find: () => T): T {
    const known = this.#known.get(set);
    if (known !== undefined) return known;
    const own = this.#own.get(set);
    if (own !== undefined) {
      this.#selected.varies = true;
      return own;
    }
    const before = this.#selected.varies;
    this.#selected.varies = false;
    const found = find();
    if (this.#selected.varies) this.#own.set(set, found);
    else this.#known.set(set, found);
    this.#selected.varies ||= before;
    return found;
  }
}
