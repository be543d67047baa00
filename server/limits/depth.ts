// How deep fields may lie below one another, fragments counted where they are spread.
import { Kind, type DocumentNode, type SelectionSetNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';
import { onceParsed } from './parsed.ts';

/** Refuses documents whose fields lie more than `maxDepth` deep. */
export function useDepthLimit(maxDepth: number): Plugin {
  return onceParsed((document) => {
    const depth = depthOf(document);
    if (depth <= maxDepth) return;
    throw new LimitExceeded({
      code: 'DOCUMENT_TOO_DEEP',
      status: 400,
      message: `The document is ${depth.toLocaleString('en')} fields deep, more than ${maxDepth.toLocaleString('en')}: ask for the inner objects by their ids, in an operation of their own`,
    });
  });
}

/** What a definition nests by itself, and how deep in it each fragment is spread. */
interface Shape {
  depth: number;
  readonly spreads: Map<string, number>;
}

/**
 * The depth of the deepest operation: 1 for `{ a }`. Each definition is looked at once, without recursion. Fragments
 * that spread each other in a circle end where the circle closes: validation, which comes later, refuses them.
 */
export function depthOf({ definitions }: DocumentNode): number {
  const fragments = new Map<string, Shape>();
  const operations: Shape[] = [];
  for (const definition of definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(shapeOf(definition.selectionSet));
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      fragments.set(definition.name.value, shapeOf(definition.selectionSet));
  }
  const whole = wholeDepths(fragments);
  return Math.max(0, ...operations.map((shape) => withSpreads(shape, whole)));
}

function shapeOf(set: SelectionSetNode): Shape {
  const shape: Shape = { depth: 0, spreads: new Map() };
  const todo: [SelectionSetNode, number][] = [[set, 1]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [{ selections }, depth] = next;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const { value: name } = selection.name;
        shape.spreads.set(name, Math.max(depth, shape.spreads.get(name) ?? 0));
      } else if (selection.kind === Kind.INLINE_FRAGMENT) todo.push([selection.selectionSet, depth]);
      else {
        shape.depth = Math.max(shape.depth, depth);
        if (selection.selectionSet !== undefined) todo.push([selection.selectionSet, depth + 1]);
      }
    }
  }
  return shape;
}

/** The depth of each fragment with all that it spreads: those that are spread come before those that spread them. */
function wholeDepths(fragments: ReadonlyMap<string, Shape>): Map<string, number> {
  const whole = new Map<string, number>();
  const entered = new Set<string>();
  for (const first of fragments.keys()) {
    const todo = [first];
    for (let name = todo.at(-1); name !== undefined; name = todo.at(-1)) {
      const shape = fragments.get(name);
      if (shape !== undefined && !entered.has(name)) {
        entered.add(name);
        for (const spread of shape.spreads.keys()) if (!entered.has(spread)) todo.push(spread);
        continue;
      }
      todo.pop();
      if (shape !== undefined && !whole.has(name)) whole.set(name, withSpreads(shape, whole));
    }
  }
  return whole;
}

/** A spread at depth 3 puts the fragment's own first fields at depth 3. */
function withSpreads({ depth, spreads }: Shape, whole: ReadonlyMap<string, number>): number {
  let deepest = depth;
  for (const [name, at] of spreads) deepest = Math.max(deepest, at - 1 + (whole.get(name) ?? 0));
  return deepest;
}
