import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cycles, sideEntrances, wrongDirections } from './house.ts'
import { parseSource } from './source.ts'

const SRC = 'packages/holdall/src'
const PACKAGES = [
  { name: 'holdall', folder: 'packages/holdall', doors: ['.', './testing'] },
  { name: '@holdall/client', folder: 'packages/client', doors: ['.'] },
]

function messages(found: readonly { readonly message: string }[]): string[] {
  return found.map(({ message }) => message)
}

test('an import may run down the house, whichever form it has', () => {
  const sources = [
    parseSource(`${SRC}/tables/rows.ts`, `import { file } from '../files/registry.ts'\nexport * from '../web/url.ts'`),
    parseSource(`${SRC}/app/server.ts`, `const rows = await import('../tables/rows.ts')`),
    parseSource(`${SRC}/index.ts`, `export { serve } from './app/server.ts'`),
  ]
  assert.deepEqual(wrongDirections(sources), [])
})

for (const [form, text] of [
  ['a value', `import { rows } from '../tables/rows.ts'`],
  ['a type', `import type { Row } from '../tables/rows.ts'`],
  ['a re-export', `export { rows } from '../tables/rows.ts'`],
  ['a dynamic import', `const rows = await import('../tables/rows.ts')`],
]) {
  test(`an import that runs up the house is found: ${form}`, () => {
    const found = wrongDirections([parseSource(`${SRC}/files/pages.ts`, `\n\n${text}`)])
    assert.deepEqual(messages(found), [
      'files/ imports tables/, which is above or beside it. Take it as a parameter instead.',
    ])
    assert.equal(found[0]?.line, 3)
  })
}

test('rooms on one floor do not import each other', () => {
  const found = wrongDirections([parseSource(`${SRC}/access/tokens.ts`, `import '../secrets/names.ts'`)])
  assert.equal(found.length, 1)
})

test('a test may import what is above its room', () => {
  assert.deepEqual(wrongDirections([parseSource(`${SRC}/files/pages.test.ts`, `import '../app/server.ts'`)]), [])
})

test('what is for tests may reach up too, and only tests may import it', () => {
  const support = parseSource(`${SRC}/files/test-server.ts`, `import '../app/server.ts'`)
  const user = parseSource(`${SRC}/files/pages.test.ts`, `import './test-server.ts'`)
  assert.deepEqual(wrongDirections([support, user]), [])
  const found = wrongDirections([parseSource(`${SRC}/files/pages.ts`, `import './test-server.ts'`)])
  assert.match(found[0]?.message ?? '', /test-server\.ts is for tests/)
})

test('a folder that is no room of the house is found', () => {
  const found = wrongDirections([parseSource(`${SRC}/utils/strings.ts`, 'export const a = 1')])
  assert.match(found[0]?.message ?? '', /utils\/ is not a room of the house/)
})

test('a circle of imports is found once, types included', () => {
  const sources = [
    parseSource(`${SRC}/files/a.ts`, `import { b } from './b.ts'`),
    parseSource(`${SRC}/files/b.ts`, `import type { C } from './c.ts'`),
    parseSource(`${SRC}/files/c.ts`, `export { a } from './a.ts'`),
    parseSource(`${SRC}/files/d.ts`, `import './a.ts'`),
  ]
  assert.deepEqual(messages(cycles(sources)), [
    `Files import each other in a circle: ${SRC}/files/a.ts → ${SRC}/files/b.ts → ${SRC}/files/c.ts → ${SRC}/files/a.ts.`,
  ])
})

test('two ways to one file are no circle', () => {
  const sources = [
    parseSource(`${SRC}/files/a.ts`, `import './b.ts'\nimport './c.ts'`),
    parseSource(`${SRC}/files/b.ts`, `import './c.ts'`),
    parseSource(`${SRC}/files/c.ts`, ''),
  ]
  assert.deepEqual(cycles(sources), [])
})

test('packages are entered through their doors', () => {
  const sources = [
    parseSource('test/a.test.ts', `import 'holdall'\nimport 'holdall/testing'\nimport './support/b.ts'`),
    parseSource('packages/client/src/index.ts', `import './send.ts'\nimport 'node:fs'\nimport 'lit'`),
  ]
  assert.deepEqual(sideEntrances(sources, PACKAGES), [])
})

for (const [what, path, text, expected] of [
  ['a file of a package', 'test/a.test.ts', `import '../packages/client/src/send.ts'`, /belongs to @holdall\/client/],
  [
    'a file of another',
    'packages/client/src/a.ts',
    `import '../../holdall/src/b.ts'`,
    /belongs to holdall\. Import one/,
  ],
  ['a path that is no door', 'bench/a.ts', `import 'holdall/src/app/server.ts'`, /is not a door of holdall/],
  [
    'what a package does not carry',
    'packages/client/src/a.ts',
    `import '../../../tools/b.ts'`,
    /outside @holdall\/client/,
  ],
] as const) {
  test(`a side entrance is found: ${what}`, () => {
    const found = sideEntrances([parseSource(path, text)], PACKAGES)
    assert.equal(found.length, 1)
    assert.match(found[0]?.message ?? '', expected)
  })
}
