// HTTP: the table of requests that no client sends, and what an answer may and may not say.
import { afterEach, describe, expect, test } from 'vitest';
import { hostileCases } from './cases.ts';
import { expectAlive, shareTarget } from './support.ts';
import { requestTo, rows } from './tables/http.ts';

const target = shareTarget();
afterEach(() => expectAlive(target));
hostileCases(target, rows(target));

describe('HTTP', () => {
  test('a request id that would break a line is replaced', async () => {
    const answer = await target.raw(requestTo(target, { 'X-Request-Id': 'a b<script>' }));
    expect(answer.status).toBe(200);
    expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
  });

  test('no page elsewhere may read an answer', async () => {
    const answer = await target.raw(
      requestTo(target, { Origin: 'https://evil.example' }, { method: 'OPTIONS', body: '' }),
    );
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('the cookie of a session is out of reach of scripts and of other sites', async () => {
    await target.signIn('read:*:*:*');
    const body = '{"name":"user-1","password":"correct horse battery"}';
    const answer = await target.raw(requestTo(target, { Authorization: '' }, { path: '/sign-in', body }));
    expect(answer.status).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(
      /^lab_session=lab_ses_\w{38}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
    );
    expect(answer.text).not.toContain('lab_ses_');
  });

  test('a body that never ends holds up nobody', async () => {
    const slow = target.raw(requestTo(target, { 'Content-Length': '1000' }).slice(0, -5), 1_500);
    await expectAlive(target);
    expect((await slow).status).toBe(0);
  });
});
