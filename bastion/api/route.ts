// The routes of the HTTP API as a table, and how one is found.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from './refusal.ts';

/** A JSON body, a text of another type, or what writes the answer by itself, as long as that takes. */
export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: number; readonly text: string; readonly type: string }
  | { readonly write: (response: ServerResponse) => Promise<void> };

interface Asked {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** What stands in the path's places, decoded */
  readonly places: Readonly<Record<string, string>>;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `:name` for one part, and `*name` for all that is left */
  readonly path: string;
  /** A GET with effects answers no HEAD */
  readonly hasEffects?: boolean;
  /** Not listed for who asks for what is not there */
  readonly unlisted?: boolean;
  readonly answer: (asked: Asked) => Promise<Answer> | Answer;
}

interface Found {
  readonly route: Route;
  readonly places: Readonly<Record<string, string>>;
}

/** The route of a request. Throws a Refusal: 404 for a path that is none, 405 for another method than it takes. */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const there = routes.flatMap((route): Found[] => {
    const places = placesIn(route.path, path);
    return places ? [{ route, places }] : [];
  });
  const found = there.find(
    ({ route }) => route.method === method || (method === 'HEAD' && route.method === 'GET' && !route.hasEffects),
  );
  if (found) return found;
  if (there.length > 0) {
    const methods = there.flatMap(({ route }) => [
      route.method,
      ...(route.method === 'GET' && !route.hasEffects ? ['HEAD'] : []),
    ]);
    throw new Refusal(405, `${path} does not take ${method}`, `Use ${methods[0]}.`, {
      headers: { Allow: methods.join(', ') },
    });
  }
  const listed = routes.filter(({ unlisted }) => !unlisted).map((route) => `${route.method} ${route.path}`);
  throw new Refusal(404, 'There is nothing here', `There are ${listed.join(', ')}.`);
}

function placesIn(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  const places: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith('*')) {
      places[part.slice(1)] = decoded(given.slice(i).join('/'));
      return given.length > i ? places : undefined;
    }
    if (given[i] === undefined) return undefined;
    if (part.startsWith(':')) places[part.slice(1)] = decoded(given[i]);
    else if (part !== given[i]) return undefined;
  }
  return wanted.length === given.length ? places : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'The path is not one', 'Encode what stands in it as URLs have it.');
  }
}
