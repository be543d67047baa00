// A signing request (PKCS #10): a key, and the proof of having it. labd takes nothing else from one, so there is
// nothing else in it.
import { createPublicKey, sign, type KeyObject } from 'node:crypto';

const TAG = { integer: 0x02, bits: 0x03, sequence: 0x30, attributes: 0xa0 };
/** ecdsa-with-SHA256 */
const ALGORITHM = Buffer.from('06082a8648ce3d040302', 'hex');

/** A value of DER: its tag, its length, its content. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

/** The signing request of an elliptic key, PEM. */
export function requestFor(key: KeyObject): string {
  const version = der(TAG.integer, Buffer.from([0]));
  const subject = der(TAG.sequence);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const info = der(TAG.sequence, version, subject, spki, der(TAG.attributes));
  const signature = der(TAG.bits, Buffer.from([0]), sign('sha256', info, key));
  const lines = der(TAG.sequence, info, der(TAG.sequence, ALGORITHM), signature)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n');
}
