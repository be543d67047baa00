// The forms that a value of a template is written in: how it is escaped where it stands. A row each; none lets a line end.

export interface Form {
  /** Brings its own quotes: beside a quote or a backslash of the template it would mean something else */
  readonly quotes: boolean;
  /** Throws an Error that says what is wrong with the value, without the value itself: it may be a secret. */
  readonly write: (value: unknown) => string;
}

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
// Those, and what turns the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
/** Half of a surrogate pair, which UTF-8 cannot spell. */
const HALF = /\p{Cs}/u;
const MOST_COMMENT = 120;

/** What needs no quotes in a shell or a kickstart. */
const PLAIN = /^[\w@+.,:/][\w@+.,:/-]*$/;

const SSH_KEY =
  /^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp\d{3}|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/]{16,8192}={0,3}(?: [\w.@+:, -]*)?$/;

/** Whether it is one line of a public key, as an authorized_keys has it. */
export const isSshKey = (text: string): boolean => SSH_KEY.test(text);

/** Text of one line; numbers are their digits. */
function line(value: unknown): string {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text !== 'string') throw new Error(`is ${nameOf(text)} and not a text`);
  if (HALF.test(text)) throw new Error('has half a character');
  if (CONTROL.test(text)) throw new Error('has a line end or another control character');
  return text;
}

const matching =
  (pattern: RegExp, what: string) =>
  (value: unknown): string => {
    const text = line(value);
    if (!pattern.test(text)) throw new Error(`is not ${what}`);
    return text;
  };

const bare = (write: Form['write']): Form => ({ quotes: false, write });
const quoting = (write: Form['write']): Form => ({ quotes: true, write });

export const forms: Readonly<Record<string, Form>> = {
  /** One word of a POSIX shell */
  sh: quoting((value) => {
    const text = line(value);
    return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  }),
  /** One word of a kickstart command, which Python's shlex reads */
  kickstart: quoting((value) => {
    const text = line(value);
    return PLAIN.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  }),
  /** The value of a preseed line, to its end. A backslash there would join it with the next */
  debconf: quoting((value) => {
    const text = line(value);
    if (text !== text.trim()) throw new Error('begins or ends with a space');
    if (text.endsWith('\\')) throw new Error('ends with a backslash');
    return text;
  }),
  /** JSON of anything, which is YAML of it as well; what some YAML readers take for a line end or refuse is escaped */
  json: quoting((value) => {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new Error(`is ${nameOf(value)}, which JSON has not`);
    return text.replaceAll(
      /[\u007f-\u009f\u2028\u2029\ufeff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }),
  /** A whole number that is not negative */
  number: bare((value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
    throw new Error('is not a whole number from 0 up');
  }),
  /** A whole http or https address without what a shell, debconf or a kernel would take for more than itself */
  url: bare(
    matching(/^https?:\/\/(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?(?:\/[\w.~%+,:@=/-]*)?$/, 'an http address'),
  ),
  /** One part of a URL's path or query */
  urlPart: bare((value) => {
    const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    const text = encodeURIComponent(line(value)).replaceAll(/[!'()*]/g, escape);
    // These would lead out of the folder.
    return /^\.+$/.test(text) ? text.replaceAll('.', '%2E') : text;
  }),
  /** One argument of a kernel, or a part of it, which a boot script carries */
  kernel: bare(matching(/^[\w.~:/?@%+,=;[\]-]+$/, 'made of letters, digits and . _ ~ : / ? @ % + , = ; [ ] - alone')),
  /** A name that stands bare: of a user, a group, an interface, a time zone */
  word: bare(matching(/^[A-Za-z0-9_][\w.+@:/-]{0,127}$/, 'a plain name of letters, digits and . _ + @ : / -')),
  /** A package, or `@group` of Fedora's */
  package: bare(matching(/^@?\^?[A-Za-z0-9][\w.+:-]{0,127}$/, 'the name of a package')),
  /** A line of authorized_keys, without options: a key, and a comment that no shell takes for more */
  sshKey: bare(matching(SSH_KEY, 'a public SSH key such as ssh-ed25519 AAAA… name')),
  /** For people, behind a comment's sign: what hardware says of itself may be anything, and is made harmless here */
  comment: bare((value) => {
    const text = typeof value === 'string' ? value : String(value ?? '');
    return text
      .replaceAll(UNPRINTABLE, ' ')
      .replaceAll('\\', '/')
      .trim()
      .slice(0, MOST_COMMENT)
      .replaceAll(new RegExp(HALF, 'gu'), '?');
  }),
  /** Any text, also of several lines, for `base64 -d` */
  base64: bare((value) => {
    if (typeof value !== 'string') throw new Error(`is ${nameOf(value)} and not a text`);
    return Buffer.from(value, 'utf8').toString('base64');
  }),
};

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return 'not set';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
