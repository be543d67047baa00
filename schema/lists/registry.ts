// The registry of kinds: which resource a kind's name stands for, so that kinds refer to one another by name.
import { catalog, type KindName } from '../catalog.ts';
import type { Resource } from './defineResource.ts';

/**
 * Module state, as the builder is, and for the same reason: it is filled once, by defineResource, while the files of the
 * kinds load. Without it each kind's file would have to import those that it leads to, and kinds lead to one another.
 */
const defined = new Map<KindName, Resource>();

/** Enters a kind; only defineResource does. */
export function register(resource: Resource): void {
  defined.set(resource.kind, resource);
}

/** The resource of a kind: to be asked while the schema is built, or later. Throws for a kind that is not defined. */
export function resourceOf(kind: KindName): Resource {
  const resource = defined.get(kind);
  if (resource) return resource;
  throw new Error(
    `The kind ${kind} is not defined: import schema/kinds/${catalog[kind]?.field}.ts before the schema is built.`,
  );
}
