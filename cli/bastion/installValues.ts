// What installs of a server are told, for a disc that is made before there is one.
import type { DiscServerQuery } from '../generated/documents.ts';

type Server = NonNullable<DiscServerQuery['one']>;
type Values = Readonly<Record<string, unknown>>;

const said = (values: Values): [string, unknown][] => Object.entries(values).filter(([, value]) => value !== null);

/**
 * Values of parameters by name: those of the server's clusters, in the order of their names, and over them its own. labd
 * counts clusters too that one may not read, which are left out here.
 */
export function installValues({ install, memberships }: Server): Values {
  const clusters = memberships.nodes
    .flatMap(({ cluster }) => (cluster ? [cluster] : []))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries([...clusters.map((one) => one.install), install].flatMap((one) => said(one as Values)));
}
