// Which columns a part of a query needs, read off its selection, so that no statement fetches what nobody asked for.
import {
  type FieldNode,
  getNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** What Prisma takes as `select`: the id always, and the columns asked for. */
export type Columns = Record<string, true>;

/** Calls `visit` with every field selected on a type, through fragments; `@skip` and `@include` only make it read more. */
function eachField(
  info: GraphQLResolveInfo,
  set: SelectionSetNode | undefined,
  visit: (name: string, node: FieldNode) => void,
): void {
  for (const selection of set?.selections ?? []) {
    if (selection.kind === Kind.FIELD) visit(selection.name.value, selection);
    else if (selection.kind === Kind.INLINE_FRAGMENT) eachField(info, selection.selectionSet, visit);
    else eachField(info, info.fragments[selection.name.value]?.selectionSet, visit);
  }
}

/** The columns that a field's resolver reads: those it declares, or the one it exposes. */
function columnsOf(type: GraphQLObjectType, name: string): readonly string[] {
  const extensions = type.getFields()[name]?.extensions;
  const declared = extensions?.['columns'] as readonly string[] | undefined;
  const exposed = extensions?.['pothosExposedField'] as string | undefined;
  return declared ?? (exposed ? [exposed] : []);
}

function collect(info: GraphQLResolveInfo, type: GraphQLObjectType, nodes: readonly FieldNode[], path: readonly string[]) {
  const columns: Columns = { id: true };
  const descend = (set: SelectionSetNode | undefined, rest: readonly string[]): void => {
    eachField(info, set, (name, node) => {
      if (rest.length === 0) for (const column of columnsOf(type, name)) columns[column] = true;
      else if (name === rest[0]) descend(node.selectionSet, rest.slice(1));
    });
  };
  for (const node of nodes) descend(node.selectionSet, path);
  return columns;
}

const objectType = (info: GraphQLResolveInfo, name: string): GraphQLObjectType => {
  const type = getNamedType(info.schema.getType(name));
  if (!isObjectType(type)) throw new Error(`${name} is not an object type`);
  return type;
};

/** The columns selected of one object. */
export const objectColumns = (info: GraphQLResolveInfo, kind: string): Columns =>
  collect(info, objectType(info, kind), info.fieldNodes, []);

/** The columns selected of the rows of a connection, through `nodes` and `edges { node }`. */
export function pageColumns(info: GraphQLResolveInfo, kind: string): Columns {
  const type = objectType(info, kind);
  return {
    ...collect(info, type, info.fieldNodes, ['nodes']),
    ...collect(info, type, info.fieldNodes, ['edges', 'node']),
  };
}

/** Whether a field is selected directly below this one. */
export function selects(info: GraphQLResolveInfo, field: string): boolean {
  let found = false;
  for (const node of info.fieldNodes) eachField(info, node.selectionSet, (name) => (found ||= name === field));
  return found;
}
