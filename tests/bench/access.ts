// Who asks the questions of the benchmark: an administrator, and a reader who is held to one place.
import { readFileSync } from 'node:fs';
import type { Running } from './programs.ts';

/** A labd, and how its administrator signs in. */
export interface Labd extends Running {
  readonly tlsUrl: string;
  readonly authorization: string;
}

/** What the administrator's token file says, as a header. */
export const authorizationIn = (file: string): string => `Bearer ${readFileSync(file, 'utf8').trim()}`;

/** Asks labd as its administrator. Throws unless there is data. */
export async function ask<T>({ url, authorization }: Labd, query: string): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data, errors } = (await answer.json()) as { data?: T; errors?: unknown };
  if (!data) throw new Error(JSON.stringify(errors));
  return data;
}

interface Secret {
  made: { secret: string };
}

/** A token of a user who may read one place by one name pattern: what it costs to keep to that is measured. */
export const reader = (labd: Labd): Promise<string> =>
  tokenFor(labd, 'reader', ['read:default:default:*', 'apply:default:default:m-*']);

/** A token of a new user with these permissions, as a header. */
export async function tokenFor(labd: Labd, name: string, permissions: readonly string[]): Promise<string> {
  await ask(
    labd,
    `mutation {
      createRole(input: { name: "${name}", permissions: ${JSON.stringify(permissions)} }) { __typename }
      createUser(input: { name: "${name}", roles: [{ name: "${name}" }] }) { __typename } }`,
  );
  const { made } = await ask<Secret>(
    labd,
    `mutation { made: createToken(input: { purpose: API, user: { name: "${name}" } }) { ... on CreatedToken { secret } } }`,
  );
  return `Bearer ${made.secret}`;
}

/** A token that lets a bastion join. */
export async function joinToken(labd: Labd, name: string): Promise<string> {
  const { made } = await ask<Secret>(
    labd,
    `mutation { made: createToken(input: { purpose: BASTION, subject: "${name}" }) { ... on CreatedToken { secret } } }`,
  );
  return made.secret;
}
