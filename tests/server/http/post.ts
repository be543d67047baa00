// One operation over HTTP, and all of its answer.

/** One operation over HTTP, as a plain client sends it. */
export async function post(
  url: string,
  query: string | undefined,
  {
    variables,
    extensions,
    headers,
  }: { variables?: object; extensions?: object; headers?: Record<string, string> } = {},
): Promise<{
  status: number;
  headers: Headers;
  body: {
    data?: Record<string, unknown> | null;
    errors?: { message: string; path?: string[]; extensions?: Record<string, unknown> }[];
  };
}> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables, extensions }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
}
