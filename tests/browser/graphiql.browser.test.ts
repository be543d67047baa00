// GraphiQL in a real browser, served by the built labd, with nothing but labd to load from.
import { mkdirSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endLabd, startLabdProcess, temporaryDirectory, type LabdProcess } from '../server/http/process.ts';
import { post } from '../server/http/toy.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let labd: LabdProcess;
let browser: Browser;
let page: Page;
/** Every address that the page asked for, and everything it complained about */
const asked: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  labd = await startLabdProcess(await temporaryDirectory());
  await post(
    labd.url,
    'mutation { createServer(input: { mac: "38:05:25:33:e2:e4", name: "shown-in-graphiql" }) { __typename } }',
    labd,
  );
  browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => asked.push(socket.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
});
afterAll(async () => {
  await browser?.close();
  await endLabd(labd);
});

async function shoot(name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

const results = () => page.locator('.graphiql-response').innerText();
const run = () => page.getByRole('button', { name: /execute query/i }).click();

describe('GraphiQL', () => {
  test('asks whoever is not known to sign in, with a password', async () => {
    const create = `mutation { createUser(input: { name: "ann", password: "correct horse battery", roles: [{ name: "viewer" }] }) {
      __typename } }`;
    expect((await post(labd.url, create, labd)).body.data).toEqual({ createUser: { __typename: 'User' } });
    const own = await browser.newPage();
    await own.goto(labd.url);
    expect(new URL(own.url()).pathname).toBe('/sign-in');
    await own.getByLabel('Name').fill('ann');
    await own.getByLabel('Password').fill('wrong horse battery');
    await own.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => own.locator('#status').innerText()).toContain('wrong');
    await own.getByLabel('Password').fill('correct horse battery');
    await own.getByRole('button', { name: 'Sign in' }).click();
    await own.locator('.graphiql-query-editor .view-line').first().waitFor();
    await own.close();
  });

  test('opens by a link that works once, with the examples, and runs the first', async () => {
    const made = await post(labd.url, 'mutation { link: createSignInLink { ... on SignInLink { path } } }', labd);
    const { path } = made.body.data!['link'] as { path: string };
    await page.goto(new URL(path, labd.url).href);
    await page.waitForURL(labd.url);
    const again = await browser.newPage();
    await again.goto(new URL(path, labd.url).href);
    await expect.poll(() => again.locator('#status').innerText()).toContain('opened already');
    await shoot('sign-in');
    await again.close();
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    const tabs = page.locator('.graphiql-tab');
    await expect
      .poll(() => tabs.allInnerTexts())
      .toEqual(
        expect.arrayContaining([
          expect.stringContaining('ServersAndTheirRelations') as string,
          expect.stringContaining('WatchServers') as string,
        ]),
      );
    await run();
    await expect.poll(results, { timeout: 20_000 }).toContain('shown-in-graphiql');
    await shoot('query');
  });

  test('opens by a link that is pasted into an open sign-in page, and asks before it replaces somebody', async () => {
    const link = async (name: string) => {
      const { body } = await post(
        labd.url,
        `mutation { createUser(input: { name: "${name}", roles: [{ name: "viewer" }] }) { __typename }
          made: createToken(input: { purpose: API, user: { name: "${name}" } }) { ... on CreatedToken { secret } } }`,
        labd,
      );
      const { secret } = body.data!['made'] as { secret: string };
      const headers = { authorization: `Bearer ${secret}` };
      const made = await post(labd.url, 'mutation { link: createSignInLink { ... on SignInLink { path } } }', {
        headers,
      });
      return new URL((made.body.data!['link'] as { path: string }).path, labd.url).href;
    };
    const context = await browser.newContext();
    const own = await context.newPage();
    await own.goto(labd.url);
    expect(new URL(own.url()).pathname).toBe('/sign-in');
    await own.goto(await link('first'));
    await own.waitForURL(labd.url);
    await own.goto(await link('second'));
    await expect.poll(() => own.locator('#status').innerText()).toContain('This browser is signed in as first.');
    await own.getByRole('button', { name: 'Sign in as second' }).click();
    await own.waitForURL(labd.url);
    const { text } = await own.evaluate(async () => {
      const answer = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ me { name } }"}',
      });
      return { text: await answer.text() };
    });
    expect(text).toContain('second');
    await context.close();
  });

  test('shows a live subscription over a WebSocket', async () => {
    await page.locator('.graphiql-tab', { hasText: 'WatchServers' }).click();
    // GraphiQL reads the new tab's operation a moment after it shows it: who is faster than a person runs the old one's.
    const watching = async () => {
      const said = await results();
      if (!said.includes('Bookmark') && (await page.getByRole('button', { name: /execute query/i }).isVisible()))
        await run();
      return said;
    };
    await expect.poll(watching, { timeout: 20_000, interval: 300 }).toContain('Bookmark');
    await post(
      labd.url,
      'mutation { createServer(input: { mac: "38:05:25:33:e2:e5", name: "came-later" }) { __typename } }',
      labd,
    );
    await expect.poll(results, { timeout: 20_000 }).toContain('came-later');
    await shoot('watch');
    await page.getByRole('button', { name: /stop query/i }).click();
  });

  test('knows the schema, and marks a field that is not in it', async () => {
    await page.goto(`${labd.url}#fresh`);
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('{ nosuchfield ');
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await shoot('mistake');
  });

  test('asked for nothing elsewhere, and its policy had nothing to refuse', () => {
    const { host } = new URL(labd.url);
    expect(asked.length).toBeGreaterThan(5);
    expect(
      asked.filter((url) => !url.startsWith('data:') && !url.startsWith('blob:') && new URL(url).host !== host),
    ).toEqual([]);
    expect(complaints.filter((one) => !one.includes('400 (Bad Request)'))).toEqual([]);
  });
});
