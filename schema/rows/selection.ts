// What a part of a query selects, read off its document.
import {
  type FieldNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/** The fields selected below some nodes, by response key and name; each with all the nodes that are merged into it. */
export type Fields = Map<string, FieldNode[]>;

/** What reading a selection takes of an operation. */
type Operation = Pick<GraphQLResolveInfo, 'fragments' | 'variableValues'>;

/** Whether `@skip` and `@include` leave a selection in. */
function included(node: SelectionNode, { variableValues }: Operation): boolean {
  if (!node.directives?.length) return true;
  const skip = getDirectiveValues(GraphQLSkipDirective, node, variableValues);
  const include = getDirectiveValues(GraphQLIncludeDirective, node, variableValues);
  return skip?.['if'] !== true && include?.['if'] !== false;
}

/** `seen` are the fragments already gathered: each counts once, or a few that spread each other twice would never end. */
function gather(info: Operation, set: SelectionSetNode | undefined, fields: Fields, seen: Set<string>): void {
  for (const selection of set?.selections ?? []) {
    if (!included(selection, info)) continue;
    if (selection.kind === Kind.FIELD) {
      // The same response key may name different fields, where rows are selected in several places of a connection.
      const key = `${(selection.alias ?? selection.name).value} ${selection.name.value}`;
      const nodes = fields.get(key);
      if (nodes) nodes.push(selection);
      else fields.set(key, [selection]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      gather(info, selection.selectionSet, fields, seen);
    } else if (!seen.has(selection.name.value)) {
      seen.add(selection.name.value);
      gather(info, info.fragments[selection.name.value]?.selectionSet, fields, seen);
    }
  }
}

/**
 * The fields selected below the nodes, through fragments. Type conditions are not looked at: they only make us read
 * more than is needed.
 */
export function fieldsBelow(info: Operation, nodes: readonly FieldNode[]): Fields {
  const fields: Fields = new Map();
  const seen = new Set<string>();
  for (const node of nodes) gather(info, node.selectionSet, fields, seen);
  return fields;
}

/** The nodes of a connection below which its rows are selected: `nodes` and `edges { node }`. */
export function rowNodes(info: Operation, nodes: readonly FieldNode[]): FieldNode[] {
  const named = (below: readonly FieldNode[], name: string) =>
    [...fieldsBelow(info, below).values()].flat().filter((node) => node.name.value === name);
  return [...named(nodes, 'nodes'), ...named(named(nodes, 'edges'), 'node')];
}

/** Whether a field is selected directly below the one being resolved. */
export const selects = (info: GraphQLResolveInfo, field: string): boolean =>
  [...fieldsBelow(info, info.fieldNodes).values()].some(([node]) => node!.name.value === field);
