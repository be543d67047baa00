// Signing in through an OpenID Connect provider from a terminal: the device flow of RFC 8628. Loaded only when asked for.
import * as openid from 'openid-client';
import { CliError } from '../terminal/errors.ts';
import type { Output } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';

/** A provider, and what labd is called there. */
export interface Provider {
  readonly issuer: string;
  readonly clientId: string;
}

/** What the provider answers, in words. */
const words: Readonly<Record<string, string>> = {
  access_denied: 'you said no there',
  expired_token: 'nobody said yes in time',
};

function explained(error: unknown, issuer: string): CliError {
  const { error: code, message } = error as { error?: string; message?: string };
  const why = words[code ?? ''] ?? harmless(message ?? String(error));
  return new CliError('forbidden', `${issuer} did not sign you in: ${why}.`, 'Try again, or sign in with a password.');
}

/**
 * Has somebody confirm at the provider that it is them, and returns its ID token. Says where and with which code on
 * standard error. Throws CliError when they say no, take too long, or the provider does not answer.
 */
export async function confirmDevice({ issuer, clientId }: Provider, err: Output): Promise<string> {
  try {
    const url = new URL(issuer);
    // Loopback has no certificates: what is tried out there may go without.
    const loopback = url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
    const execute = loopback ? [openid.allowInsecureRequests] : [];
    const provider = await openid.discovery(url, clientId, undefined, openid.None(), { execute });
    const device = await openid.initiateDeviceAuthorization(provider, { scope: 'openid profile email' });
    const { verification_uri: where, verification_uri_complete: whole, user_code: code } = device;
    err.write(`Open ${harmless(whole ?? where)}\nand confirm the code ${harmless(code)}. Waiting for that …\n`);
    const { id_token: token } = await openid.pollDeviceAuthorizationGrant(provider, device);
    if (token === undefined) throw new Error('it gave no ID token');
    return token;
  } catch (error) {
    throw explained(error, issuer);
  }
}
