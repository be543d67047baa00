// Loads the library for X.509 certificates and gives it what it needs: Node's cryptography, and a polyfill for Reflect's
// metadata, by which it finds its own algorithms.
import { webcrypto } from 'node:crypto';

export type X509 = typeof import('@peculiar/x509');

interface Metadata {
  defineMetadata(key: unknown, value: unknown, target: object): void;
  getOwnMetadata(key: unknown, target: object): unknown;
  getMetadata(key: unknown, target: object): unknown;
}

/** Gives `Reflect` the three functions that the library asks it for, unless something else has. */
function provideMetadata(reflect: Partial<Metadata>): void {
  if (reflect.getMetadata) return;
  const kept = new WeakMap<object, Map<unknown, unknown>>();
  const own = (key: unknown, target: object) => kept.get(target)?.get(key);
  reflect.getOwnMetadata = own;
  reflect.getMetadata = (key, target) => {
    for (let one: object | null = target; one; one = Object.getPrototypeOf(one) as object | null)
      if (kept.get(one)?.has(key)) return own(key, one);
    return undefined;
  };
  reflect.defineMetadata = (key, value, target) => {
    const map = kept.get(target) ?? new Map<unknown, unknown>();
    kept.set(target, map.set(key, value));
  };
}

/** Loads it: only when it is needed, since that takes a fifth of a second. */
export async function loadX509(): Promise<X509> {
  provideMetadata(Reflect as Partial<Metadata>);
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}
