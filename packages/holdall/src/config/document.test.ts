import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_CONFIG_BYTES, MAX_DEPTH, readDocument } from './document.ts'
import type { Path } from './path.ts'
import type { Place } from './report.ts'
import { plain } from './testing.ts'

function read(text: string | Uint8Array) {
  const faults: { path: Path; message: string; place: Place | undefined }[] = []
  const document = readDocument(Buffer.from(text), (path, message, place) => faults.push({ path, message, place }))
  return { ...document, faults }
}

test('YAML and JSON say the same', () => {
  const yaml = read('a:\n  b: [1, two, true]\n  c: null\n')
  const json = read('{"a": {"b": [1, "two", true],\n\t"c": null}}')
  assert.deepEqual(json.faults, [])
  assert.deepEqual(plain(yaml.root), { a: { b: [1, 'two', true], c: null } })
  assert.deepEqual(plain(json.root), plain(yaml.root))
})

test('an empty file is an empty configuration', () => {
  for (const text of ['', '# nothing\n', '---\n', '\uFEFF', '{}']) {
    const { root, faults } = read(text)
    assert.deepEqual([plain(root), faults], [{}, []], JSON.stringify(text))
  }
})

test('yes, no, on and off are booleans as values, and themselves as keys', () => {
  const { root } = read('a: yes\nb: Off\nc: "no"\nno: 1\n2024: 2\n1.10: 3\nnull: 4\ny: y')
  assert.deepEqual(plain(root), { a: true, b: false, c: 'no', no: 1, '2024': 2, '1.10': 3, null: 4, y: 'y' })
})

test('an integer past 2^53 keeps its digits', () => {
  assert.deepEqual(plain(read('id: 12345678901234567890').root), { id: '12345678901234567890' })
})

test('every place is known, and that of what is not there is the nearest above it', () => {
  const { locate } = read('a:\n  b:\n    - x\n    - c: 1\n')
  assert.deepEqual(locate(['a', 'b']), { line: 2, column: 3 })
  assert.deepEqual(locate(['a', 'b', 1]), { line: 4, column: 7 })
  assert.deepEqual(locate(['a', 'b', 1, 'missing', 'too']), { line: 4, column: 7 })
  assert.equal(locate(['z']), undefined)
})

test('syntax errors name line and column, all of them', () => {
  const { faults, root } = read('a: "open\nb: [1, 2\nc: }\n')
  assert.ok(faults.length >= 1)
  for (const { place } of faults) assert.ok(place && place.line >= 1 && place.column >= 1)
  assert.deepEqual(plain(root), {})
  const [indent] = read('settings:\n  base_url: /\n bad: 1\n').faults
  assert.equal(indent?.place?.line, 3)
})

test('a key that stands twice is an error with both lines', () => {
  const { faults } = read('a: 1\nb:\n  c: 1\n  c: 2\na: 2\n1: x\n"1": y\n')
  assert.deepEqual(
    faults.map(({ path, place, message }) => [path, place?.line, message]),
    [
      [['b', 'c'], 4, 'stands here twice (first on line 3). Remove one.'],
      [['a'], 5, 'stands here twice (first on line 1). Remove one.'],
      [['1'], 7, 'stands here twice (first on line 6). Remove one.'],
    ],
  )
})

test('aliases and merge keys are read as they are meant', () => {
  const { root, faults, locate } = read(
    'base: &base {a: 1, b: 2}\nlist: &list [x]\none: {<<: *base, b: 3}\ntwo: {c: *list, <<: [*base, {a: 9, d: 4}]}\n"<<": text\n',
  )
  assert.deepEqual(faults, [])
  assert.deepEqual(plain(root), {
    base: { a: 1, b: 2 },
    list: ['x'],
    one: { a: 1, b: 3 },
    two: { a: 1, b: 2, c: ['x'], d: 4 },
    '<<': 'text',
  })
  assert.equal(locate(['one', 'b'])?.line, 3)
})

test('an alias means the latest anchor before it', () => {
  const { root, faults } = read('a: &m {k: &x one}\nb: &x two\nc: *m\nd: *x\n')
  assert.deepEqual(faults, [])
  assert.deepEqual(plain(root), { a: { k: 'one' }, b: 'two', c: { k: 'one' }, d: 'two' })
})

test('an alias of itself, and a file that grows without bound, are refused', () => {
  assert.match(String(read('a: &a {b: *a}').faults[0]?.message), /of what it stands in/)
  const levels = Array.from({ length: 12 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`)
  const started = performance.now()
  const { faults } = read(['l0: &l0 x', ...levels].join('\n'))
  assert.match(String(faults[0]?.message), /more than/)
  assert.ok(performance.now() - started < 5000)
})

test('depth is limited, whatever the parser makes of it', () => {
  assert.match(String(read(`a: ${'['.repeat(MAX_DEPTH + 1)}${']'.repeat(MAX_DEPTH + 1)}`).faults[0]?.message), /nested/)
  assert.ok(read('['.repeat(20_000)).faults.length > 0)
})

test('what is no configuration is said to be none', () => {
  assert.match(String(read(Buffer.from('SQLite format 3\0\x10\0')).faults[0]?.message), /SQLite database/)
  assert.match(String(read(Buffer.from([0xff, 0xfe, 0x41])).faults[0]?.message), /UTF-8/)
  assert.match(String(read(Buffer.alloc(MAX_CONFIG_BYTES + 1, 0x20)).faults[0]?.message), /larger/)
  assert.match(String(read('- a\n- b\n').faults[0]?.message), /block of keys/)
  assert.match(String(read('just text').faults[0]?.message), /block of keys/)
  assert.ok(read('a: 1\n---\nb: 2\n').faults.length > 0)
  assert.ok(read('? [a, b]\n: 1\n').faults.length > 0)
  assert.ok(read('a: !python/object x').faults.length > 0)
})

test('no key is special', () => {
  const { root, faults } = read('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2, "": 3}')
  assert.deepEqual(faults, [])
  assert.deepEqual(Object.keys(root), ['__proto__', 'constructor', 'toString', ''])
  assert.equal(Object.getPrototypeOf(root), null)
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})
