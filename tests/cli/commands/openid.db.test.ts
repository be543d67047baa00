// lab login --oidc against a real OpenID Connect provider, and a person who confirms at it.
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Provider from 'oidc-provider';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { type Labd, labdPlace } from '../../whole/processes.ts';
import { environment, program, runLab } from '../support.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-oidc-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A provider with one public client, whose users sign in by saying who they are. */
async function startProvider(): Promise<string> {
  // It says at length what a provider in the field should set.
  for (const level of ['info', 'warn'] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'lab',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
    claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['a key of this test'] },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, preferred_username: sub }) }),
  });
  const answer = provider.callback();
  server.on('request', (request, response) => void answer(request, response));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return issuer;
}

/** A browser's part in it: pages, forms and cookies. */
class Person {
  readonly #cookies = new Map<string, string>();

  async #go(url: string, form?: Record<string, string>): Promise<{ url: string; html: string }> {
    const headers: Record<string, string> = {
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    };
    const post = form && { method: 'POST', body: new URLSearchParams(form) };
    const answer = await fetch(url, { ...post, headers, redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = cookie.split(';')[0]!.split(/=(.*)/s);
      this.#cookies.set(name, value);
    }
    const to = answer.headers.get('location');
    return to ? this.#go(new URL(to, url).href) : { url, html: await answer.text() };
  }

  /** Submits the form of a page, with what is hidden in it. */
  #submit({ url, html }: { url: string; html: string }, more: Record<string, string> = {}) {
    const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1] ?? url;
    const fields = [...html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
      /name="([^"]+)"/.exec(tag)![1]!,
      /value="([^"]*)"/.exec(tag)?.[1] ?? '',
    ]);
    return this.#go(new URL(action.replaceAll('&amp;', '&'), url).href, { ...Object.fromEntries(fields), ...more });
  }

  /** Confirms a device's code as somebody. */
  async confirm(address: string, name: string): Promise<string> {
    const code = await this.#go(address);
    // The page that has the code in its address submits itself, by a script.
    const asked = await this.#submit(code);
    const confirmed = asked.html.includes('name="confirm"') ? await this.#submit(asked, { confirm: 'yes' }) : asked;
    const signedIn = await this.#submit(confirmed, { login: name, password: 'any' });
    return (await this.#submit(signedIn)).html;
  }
}

async function start(issuer: string): Promise<Labd> {
  const { program: labd, remove } = await labdPlace({ LABD_OIDC_ISSUER: issuer, LABD_OIDC_CLIENT_ID: 'lab' });
  onTestFinished(remove);
  await labd.start();
  return labd;
}

test('somebody confirms at the provider, and is signed in', async () => {
  const issuer = await startProvider();
  const labd = await start(issuer);
  const admin = { LAB_URL: labd.url, LAB_TOKEN: labd.token };
  await runLab(`create user ann --role viewer --issuer ${issuer}`.split(' '), admin);
  const env = environment({ LAB_CONFIG: join(folder, 'ann.yaml') });
  const child = spawn(process.execPath, [program, 'login', '--oidc', '--labd', labd.url], { env, stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  const address = new Promise<string>((resolve) =>
    child.stderr.on('data', (data: Buffer) => {
      err += data.toString();
      const found = /^Open (\S+)\n/m.exec(err)?.[1];
      if (found) resolve(found);
    }),
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = await Promise.race([address, ended.then(() => Promise.reject(new Error(err)))]);
  await new Person().confirm(said, 'ann');
  expect(await ended, err).toBe(0);
  expect(out).toBe('Signed in as ann (viewer); it ends in 7d.\n');
  const who = await runLab(['auth', 'whoami'], { LAB_CONFIG: join(folder, 'ann.yaml') });
  expect(who.out).toContain('Name:        ann\n');
});

test('a labd without a provider says so', async () => {
  const { program: labd, remove } = await labdPlace();
  onTestFinished(remove);
  await labd.start();
  const { code, err } = await runLab(['login', '--oidc', '--labd', labd.url], {
    LAB_CONFIG: join(folder, 'none.yaml'),
  });
  expect(code).toBe(1);
  expect(err).toContain('knows no OpenID Connect provider');
});
