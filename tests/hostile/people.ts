// People at a labd behind a proxy, for tests of credentials: made, signed in, and with tokens and links of theirs.
import { randomUUID } from 'node:crypto';
import type { Answered, Target } from './support.ts';

export const PASSWORD = 'correct horse battery';

export type Headers = Record<string, string>;
export const from = (address: string, more: Headers = {}): Headers => ({ 'x-forwarded-for': address, ...more });
export const bearer = (secret: string): Headers => ({ authorization: `Bearer ${secret}` });

/** The cookie that a sign-in set, as it is sent back. */
export const cookieOf = ({ cookies }: { cookies: string[] }): string => cookies[0]!.split(';')[0]!;

/** A name that nobody has. */
export const fresh = (what: string) => `${what}-${randomUUID()}`;

/** What they do at a labd. */
export function peopleAt(target: Target) {
  /** One mutation; its code is that of its error, or the type that it answers with when that is one. */
  async function mutate(field: string, headers?: Headers): Promise<Answered & { made?: Record<string, string> }> {
    const answer = await target.ask(
      `mutation { made: ${field} { __typename ... on UserError { message remedy } ... on InvalidInput { field } } }`,
      headers && { headers },
    );
    const made = (JSON.parse(answer.text) as { data?: { made?: Record<string, string> } }).data?.made;
    const refused = /^(?:InvalidInput|Conflict|Forbidden|NotFound)$/.test(made?.['__typename'] ?? '');
    return { ...answer, code: answer.code ?? (refused ? made!['__typename'] : undefined), ...(made && { made }) };
  }

  const secretOf = async (input: string, headers = target.labd.headers): Promise<string> => {
    const { text } = await target.ask(
      `mutation { made: createToken(input: { ${input} }) { __typename ... on CreatedToken { secret } } }`,
      { headers },
    );
    return (JSON.parse(text) as { data: { made: { secret: string } } }).data.made.secret;
  };

  /** A user with a password, and a token of an hour for it. */
  async function person(): Promise<{ name: string; hour: Headers }> {
    const name = fresh('person');
    await mutate(`createUser(input: { name: "${name}", password: "${PASSWORD}", roles: [{ name: "admin" }] })`);
    return { name, hour: bearer(await secretOf(`purpose: API, ttl: 3600, user: { name: "${name}" }`)) };
  }

  const login = (name: string, password: string, address: string) =>
    mutate(`login(input: { name: "${name}", password: "${password}" })`, from(address));

  const linkOf = async (headers: Headers): Promise<string> => {
    const { text } = await target.ask('mutation { made: createSignInLink { ... on SignInLink { path } } }', {
      headers,
    });
    return (JSON.parse(text) as { data: { made: { path: string } } }).data.made.path.split('#')[1]!;
  };

  /** A sign-in as the page sends it. The code is the one of the answer, where it has one, else its status. */
  async function signIn(body: Headers, headers: Headers = {}): Promise<Answered & { cookies: string[] }> {
    const answer = await fetch(new URL('/sign-in', target.labd.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...from('192.0.2.80'), ...headers },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    const { errors } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      text,
      code: errors?.[0]?.extensions.code,
      cookies: answer.headers.getSetCookie(),
    };
  }

  return { mutate, secretOf, person, login, linkOf, signIn };
}
