// The kinds that manifests may be of. What each may say follows from what people decide about it.
import { inventory } from '../inventory/index.ts';
import type { Field } from '../objects/fields.ts';
import type { Inventory } from '../objects/objects.ts';

/** One kind that manifests may be of. */
export interface ManifestKind {
  readonly inventory: Inventory;
  /** What refers to another comes after it */
  readonly turn: number;
}

/** Every kind that manifests may be of, by its name in them. */
export const MANIFESTS: Readonly<Record<string, ManifestKind>> = {
  Role: { inventory: inventory.Role, turn: 0 },
  User: { inventory: inventory.User, turn: 1 },
  Network: { inventory: inventory.Network, turn: 0 },
  Server: { inventory: inventory.Server, turn: 1 },
  Bastion: { inventory: inventory.Bastion, turn: 0 },
  StoredQuery: { inventory: inventory.StoredQuery, turn: 0 },
  Secret: { inventory: inventory.Secret, turn: 0 },
  Profile: { inventory: inventory.Profile, turn: 0 },
  Cluster: { inventory: inventory.Cluster, turn: 2 },
  Vm: { inventory: inventory.Vm, turn: 2 },
};

/** Kinds that are shown as manifests but not made from them, and why. */
export const REFUSED: Readonly<Record<string, string>> = {
  Token: 'Its secret is shown once, to whoever makes it: lab create token.',
  Session: 'A session begins when somebody signs in: lab login.',
};

/** The fields of `metadata` that people decide, besides the name. */
const PLACED: ReadonlySet<string> = new Set(['cloud', 'environment', 'labels']);

/** Whether a field is said in `metadata`, and not in `spec`. */
export const inMetadata = (field: string): boolean => field === 'name' || PLACED.has(field);

/** The fields that a kind's manifests may set: the name says which object is meant. */
export const fieldsOf = ({ inventory: { fields } }: ManifestKind): Readonly<Record<string, Field>> => {
  const own = Object.entries(fields).filter(([name, { unmanifested }]) => name !== 'name' && !unmanifested);
  // What is said in metadata comes first, as it does in a manifest.
  return Object.fromEntries([
    ...own.filter(([name]) => inMetadata(name)),
    ...own.filter(([name]) => !inMetadata(name)),
  ]);
};

/** Fields that never come by manifest, and what to do instead. */
export const unmanifested = ({ inventory: { fields } }: ManifestKind): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, { unmanifested: why }]) => (why ? [[name, why]] : [])));
