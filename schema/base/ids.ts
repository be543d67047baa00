// Ids in the graph: `Kind:uuid`, readable; rows have the bare uuid.
import { GraphQLError } from 'graphql';
import { catalog, type KindName } from '../catalog.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a bare uuid. */
export const isUuid = (text: string): boolean => uuid.test(text);

/** The id in the graph of a row. */
export const encodeId = (kind: KindName, id: string): string => `${kind}:${id}`;

/** The kind and the bare uuid of an id, or undefined for what is not an id of ours. */
export function parseId(id: string): { kind: KindName; uuid: string } | undefined {
  const [kind, rest] = id.split(':', 2);
  if (!kind || !rest || !Object.hasOwn(catalog, kind) || !uuid.test(rest)) return undefined;
  return { kind: kind as KindName, uuid: rest.toLowerCase() };
}

/** The bare uuid of an id that must be of this kind; a bare uuid is taken too. Throws BAD_USER_INPUT for others. */
export function decodeId(id: string, kind: KindName): string {
  if (uuid.test(id)) return id.toLowerCase();
  const parsed = parseId(id);
  if (parsed?.kind === kind) return parsed.uuid;
  throw new GraphQLError(`"${id.slice(0, 80)}" is not the id of a ${kind}. Ids look like ${kind}:<uuid>.`, {
    extensions: { code: 'BAD_USER_INPUT' },
  });
}

/** The id in the graph of an order, which is no kind of its own. */
export const encodeOrderId = (id: string): string => `Order:${id}`;

/** The bare uuid of an order's id. Throws BAD_USER_INPUT for others. */
export function decodeOrderId(id: string): string {
  const text = id.startsWith('Order:') ? id.slice('Order:'.length) : id;
  if (uuid.test(text)) return text.toLowerCase();
  throw new GraphQLError(`"${id.slice(0, 80)}" is not the id of an order.`, { extensions: { code: 'BAD_USER_INPUT' } });
}
