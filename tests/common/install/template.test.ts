// Templates: what they can say, that they can say nothing else, and that an error says where it is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { forms } from '../../../common/install/forms.ts';
import { render } from '../../../common/install/template.ts';
import { TemplateError } from '../../../common/install/templateError.ts';

const one = (text: string, values: Record<string, unknown> = {}) => render({ 't.cfg': text }, 't.cfg', values);

function problemOf(text: string, values: Record<string, unknown> = {}): string {
  try {
    one(text, values);
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
    return (error as Error).message;
  }
  return 'none';
}

describe('a template', () => {
  test('writes values by path, each in its form', () => {
    expect(one('a={{ a.b | sh }} {{n|number}}', { a: { b: "it's" }, n: 7 })).toBe("a='it'\\''s' 7");
  });

  test('repeats, and chooses', () => {
    const text =
      '{{#each users as user}}\n{{ user.name | word }}\n{{#if user.admin}}\nadmin\n{{else}}\nno\n{{/if}}\n{{/each}}\nend\n';
    const users = [
      { name: 'a', admin: true },
      { name: 'b', admin: false },
    ];
    expect(one(text, { users })).toBe('a\nadmin\nb\nno\nend\n');
    expect(one('{{#unless a}}x{{else}}y{{/unless}}{{#if a}}z{{/if}}', { a: [] })).toBe('x');
  });

  test('has parts, which stand in for their lines', () => {
    expect(render({ main: 'a\n{{> _part}}\nc\n', _part: '{{ b | word }}\n' }, 'main', { b: 'b' })).toBe('a\nb\nc\n');
  });

  test.each([
    ['x\n{{ gone | sh }}', 'Template t.cfg, line 2: there is no value gone'],
    ['{{ list.length | number }}', 'Template t.cfg, line 1: there is no value list.length'],
    ['{{ a.constructor | sh }}', 'Template t.cfg, line 1: there is no value a.constructor'],
    ['{{ a.__proto__ | sh }}', 'Template t.cfg, line 1: there is no value a.__proto__'],
    ['{{ a.b }}', 'Template t.cfg, line 1: {{a.b}} is no tag; a value is written {{ path | form }}, with its form'],
    ['\n\n{{ a.b | shell }}', /^Template t\.cfg, line 3: a\.b has the form shell, and there are sh, kickstart, /],
    ['{{ a.b | toString }}', /has the form toString, and there are sh/],
    ['{{ a.b | sh', 'Template t.cfg, line 1: {{ has no }} on its line'],
    ['{{#if a}}\nx', 'Template t.cfg, line 1: {{#if}} is never closed'],
    ['x\n{{/each}}', 'Template t.cfg, line 2: {{/each}} closes no {{#each}}'],
    ['{{else}}', 'Template t.cfg, line 1: {{else}} belongs to no if or unless'],
    ['{{#each a as x}}{{/each}}', 'Template t.cfg, line 1: a is not a list'],
    ['{{> etc}}', 'Template t.cfg, line 1: there is no template etc'],
    [
      '{{> ../etc}}',
      'Template t.cfg, line 1: {{> ../etc}} is no tag; a value is written {{ path | form }}, with its form',
    ],
    ['{{> t.cfg}}', /t\.cfg is a part of itself, or parts are in parts too deep$/],
    [
      '"{{ a.b | sh }}"',
      'Template t.cfg, line 1: a.b stands beside a quote or a backslash, and the form sh brings its own',
    ],
    ['{{ a | sh }}', 'Template t.cfg, line 1: a is a value of type object and not a text'],
    ['{{ none | sh }}', 'Template t.cfg, line 1: none is not set and not a text'],
  ])('%j is refused', (text, problem) => {
    const message = problemOf(text, { a: { b: 'c' }, list: [1], none: null });
    if (typeof problem === 'string') expect(message).toBe(problem);
    else expect(message).toMatch(problem);
  });

  test('ends where it would go on for ever or grow too long', () => {
    const list = Array.from({ length: 500 }, () => 'x'.repeat(100));
    const loops = '{{#each list as a}}{{#each list as b}}{{#each list as c}}{{/each}}{{/each}}{{/each}}';
    expect(problemOf(loops, { list })).toMatch(/goes round too often$/);
    expect(problemOf(`{{#each list as a}}${'x'.repeat(10_000)}{{/each}}`, { list })).toMatch(/longer than 1000000/);
  });

  test('says nothing of a value that may be a secret', () => {
    expect(problemOf('{{ s | kernel }}', { s: 'hunter2 "' })).not.toMatch(/hunter2/);
  });
});

describe('a value', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '\n%end\n%post\nrm -rf /',
      'a\r\nb',
      '\u2028x',
      "';reboot;'",
      '$(reboot)',
      '`reboot`',
      '\\',
      '"',
      '{{ token | sh }}',
      '\ud800',
    ),
  );

  test.each(Object.keys(forms))('in the form %s never ends its line, whatever it is', (form) => {
    fc.assert(
      fc.property(hostile, (value) => {
        let text: string;
        try {
          text = forms[form]!.write(value);
        } catch {
          return;
        }
        expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\p{Cs}]/u);
      }),
      { numRuns: 500 },
    );
  });

  test('is never read as a template itself', () => {
    expect(one('{{ a | json }}', { a: '{{ token | sh }}', token: 't' })).toBe('"{{ token | sh }}"');
  });

  test.each([
    ['sh', 'a b', "'a b'"],
    ['sh', '%end', "'%end'"],
    ['sh', '-rf', "'-rf'"],
    ['sh', '', "''"],
    ['kickstart', 'a "b" \\c #d', '"a \\"b\\" \\\\c #d"'],
    ['json', { a: ['ä\n\u2028'] }, '{"a":["ä\\n\\u2028"]}'],
    ['urlPart', "a/b c'", 'a%2Fb%20c%27'],
    ['urlPart', '..', '%2E%2E'],
    ['comment', 'ACME\n%post \\', 'ACME %post /'],
    ['base64', 'a\nb', 'YQpi'],
    ['url', 'http://10.0.0.1:8080/a', 'http://10.0.0.1:8080/a'],
  ])('in the form %s: %j becomes %s', (form, value, text) => {
    expect(forms[form]!.write(value)).toBe(text);
  });

  test.each([
    ['number', -1],
    ['number', 1.5],
    ['number', '1'],
    ['debconf', 'a\\'],
    ['debconf', ' a'],
    ['url', "http://a/';reboot"],
    ['url', 'file:///etc/passwd'],
    ['url', 'http://user@host/'],
    ['kernel', 'a b'],
    ['kernel', '${net0/mac}'],
    ['word', '-v'],
    ['word', 'a;b'],
    ['package', '--setopt=x'],
    ['json', undefined],
  ])('in the form %s: %j is refused', (form, value) => {
    expect(() => forms[form]!.write(value)).toThrow();
  });
});
