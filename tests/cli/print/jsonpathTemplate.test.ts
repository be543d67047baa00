// JSONPath templates write what kubectl's write.
import { describe, expect, test } from 'vitest';
import { parseTemplate } from '../../../cli/print/jsonpathTemplate.ts';

const list = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'a', labels: { 'x.y/z': '1' } },
      status: { cores: 8, nics: [{ ip: '10.0.0.1' }, { ip: null }] },
    },
    { metadata: { name: 'b', labels: {} }, status: { cores: 2, nics: [], ready: true } },
  ],
};

describe('a template', () => {
  test.each([
    ['{.kind}', 'List'],
    ['{$.kind}', 'List'],
    ['kind is {.kind}.', 'kind is List.'],
    ['{.items[*].metadata.name}', 'a b'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'b'],
    ['{.items[0:1].metadata.name}', 'a'],
    ['{.items[1:].metadata.name}', 'b'],
    ['{.items[::2].metadata.name}', 'a'],
    ['{.items[0,1].status.cores}', '8 2'],
    ['{.items[7].metadata.name}', ''],
    ['{..ip}', '10.0.0.1 null'],
    ["{.items[0].metadata.labels['x.y/z']}", '1'],
    ['{.items[0].metadata.labels.x\\.y/z}', '1'],
    ["{.items[0].metadata.labels['x\\.y/z']}", '1'],
    ["{.items[0]['metadata.name']}", 'a'],
    ["{.items[*]['metadata.name', 'status.cores']}", 'a b 8 2'],
    ["{.items[*]['metadata.name','status.nothing']}", 'a b'],
    ["{.items[0].metadata['name','labels']}", 'a {"x.y/z":"1"}'],
    ["{.items[?(@.metadata.name=='c')].status.cores}", ''],
    ['{.items[*].status.ready}', 'true'],
    ['{.items[0].status.nics[1].ip.octets}', ''],
    ['{.items[0].metadata}', '{"name":"a","labels":{"x.y/z":"1"}}'],
    ['{.items[?(@.status.cores>4)].metadata.name}', 'a'],
    ['{.items[?(@.status.cores<=8)].metadata.name}', 'a b'],
    ['{.items[?(@.metadata.name=="b")].status.cores}', '2'],
    ["{.items[?(@.metadata.name!='b')].status.cores}", '8'],
    ['{.items[?(@.status.ready)].metadata.name}', 'b'],
    ['{.items[?(@.status.ready==true)].metadata.name}', 'b'],
    ['{range .items[*]}{.metadata.name}={.status.cores}{"\\n"}{end}', 'a=8\nb=2\n'],
    ['{range .items[*]}{.metadata.name}:{range .status.nics[*]}[{.ip}]{end};{end}', 'a:[10.0.0.1][null];b:;'],
    ['{range .items[*]}{@.metadata.name}{"\\t{}"}{end}', 'a\t{}b\t{}'],
    ['{.items[*].metadata.*}', 'a {"x.y/z":"1"} b {}'],
  ])('%s', (template, expected) => {
    expect(parseTemplate(template)(list)).toBe(expected);
  });

  test.each([
    ['{.items[}', 'a square bracket is not closed'],
    ['{.items[x]}', 'no index, range, name or filter'],
    ['{range .items[*]}{.kind}', 'a {range} has no {end}'],
    ['{end}', 'an {end} has no {range}'],
    ['{.kind', 'has no partner'],
    ['.kind', 'it has no path in braces'],
    ['', 'it has no path in braces'],
    ["{.items['']}", 'no index, range, name or filter'],
    ['{.items[?(@.a==b)]}', 'neither a value nor a path'],
    ['{.a..}', 'nothing can be made of ".."'],
  ])('%s is refused with the reason', (template, why) => {
    expect(() => parseTemplate(template)).toThrow(why);
  });

  test.each([
    ['{.nothing.there}', 'there is no "nothing" where it looks'],
    ['{.items[*].metadata.nmae}', 'there is no "nmae" where it looks. Did you mean "name"?'],
    ['{range .items[*]}{.spec.role}{end}', 'there is no "spec" where it looks'],
    ['{range .itmes[*]}{.kind}{end}', 'there is no "itmes" where it looks. Did you mean "items"?'],
    ["{.items[0].metadata.labels['rack']}", 'there is no "rack" where it looks'],
    ['{.constructor}', 'there is no "constructor" where it looks'],
  ])('%s, which leads nowhere, is an error and not an empty answer', (template, why) => {
    expect(() => parseTemplate(template)(list)).toThrow(why);
  });

  test('finds nothing in no objects, which is no error', () => {
    const none = { kind: 'List', items: [] };
    expect(parseTemplate('{.items[*].metadata.name}{range .items[*]}{.spec.role}{end}')(none)).toBe('');
  });
});
