// Manifests: what an object is in a file, with what people decide apart from what is observed.
import type { Full, KindView, Row } from '../kinds/kind.ts';
import type { Found } from './printer.ts';

const apiVersion = 'lab/v1';

/** What one object is in a file. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly [Field in Exclude<keyof Full, 'id'>]: Full[Field] | undefined } & {
    readonly name: string;
    readonly uid: string;
  };
  readonly spec: object;
  readonly status: object;
}

/** One object as a manifest. */
export function manifest(view: KindView, row: Row): Manifest {
  const { id, name, cloud, environment, labels, revision } = row as Full;
  const { spec, status } = view.manifest(row);
  return {
    apiVersion,
    kind: view.kind.type,
    metadata: { name, uid: id, cloud, environment, labels, revision },
    spec,
    status,
  };
}

/** One object's manifest when exactly one was asked for by name, else a list of them. */
export function manifests(found: readonly Found[]): object {
  const items = found.flatMap(({ view, rows }) => rows.map((row) => manifest(view, row)));
  const single = found.length === 1 && found[0]!.named && items.length === 1;
  return single ? items[0]! : { apiVersion, kind: 'List', items };
}
