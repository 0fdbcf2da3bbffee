import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { runSteps } from './run-steps.ts'
import { checkSteps } from './steps.ts'

const ROOT = dirname(dirname(import.meta.dirname))
const workspaces: string[] = []
after(() => {
  for (const path of workspaces) rmSync(path, { recursive: true })
})

/** A workspace of one package under this one's own settings. */
function workspace(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'holdall-check-'))
  workspaces.push(path)
  for (const name of ['biome.json', 'tsconfig.json', 'knip.json', '.gitignore'])
    cpSync(join(ROOT, name), join(path, name))
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'))
  const base = {
    'package.json': `${JSON.stringify({ name: 'w', private: true, type: 'module', workspaces: ['packages/*'] }, null, 2)}\n`,
    'packages/holdall/package.json': `${JSON.stringify({ name: 'holdall', type: 'module', exports: { '.': './src/index.ts' } }, null, 2)}\n`,
    'packages/holdall/src/cli/main.ts': `import { one } from '../web/one.ts'\n\nconsole.log(one)\n`,
    'packages/holdall/src/web/one.ts': 'export const one = 1\n',
    'packages/holdall/src/index.ts': `export { one } from './web/one.ts'\n`,
  }
  for (const [name, text] of Object.entries({ ...base, ...files })) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return path
}

async function outcome(root: string, step: string): Promise<string> {
  const found = checkSteps(root).find(({ name }) => name === step)
  assert.ok(found, `there is no step "${step}"`)
  const { ok, output } = await found.run()
  return ok ? 'passed' : output
}

test('a workspace in order passes every step', async () => {
  const root = workspace({})
  for (const { name } of checkSteps(root)) assert.equal(await outcome(root, name), 'passed', name)
})

for (const [step, files, expected] of [
  ['lint and format (Biome)', { 'packages/holdall/src/web/one.ts': 'export const one = 1;\n' }, /format/],
  [
    'lint and format (Biome)',
    { 'packages/holdall/src/web/one.ts': 'export let one = 1\none == 2\n' },
    /noDoubleEquals/,
  ],
  ['types (tsc)', { 'packages/holdall/src/web/one.ts': `export const one: number = 'x'\n` }, /not assignable/],
  [
    'types (tsc)',
    { 'packages/holdall/src/web/one.ts': 'export enum Two {\n  A,\n}\nexport const one = 1\n' },
    /erasable/i,
  ],
  [
    'unused files, exports, dependencies (knip)',
    { 'packages/holdall/src/web/two.ts': 'export const two = 2\n' },
    /two\.ts/,
  ],
  [
    'unused files, exports, dependencies (knip)',
    { 'packages/holdall/src/web/one.ts': 'export const one = 1\nexport const spare = 2\n' },
    /spare/,
  ],
  [
    'unused files, exports, dependencies (knip)',
    {
      'packages/holdall/package.json': `${JSON.stringify({ name: 'holdall', type: 'module', exports: { '.': './src/index.ts' }, dependencies: { hono: '*' } }, null, 2)}\n`,
    },
    /hono/,
  ],
  [
    'import direction between rooms',
    {
      'packages/holdall/src/web/one.ts': `export { one } from '../files/two.ts'\n`,
      'packages/holdall/src/files/two.ts': 'export const one = 1\n',
    },
    /one\.ts:1 {2}web\/ imports files\//,
  ],
  [
    'import cycles',
    {
      'packages/holdall/src/web/one.ts': `export { one } from './two.ts'\n`,
      'packages/holdall/src/web/two.ts': `export { one } from './one.ts'\n`,
    },
    /one\.ts → .*two\.ts → .*one\.ts/,
  ],
  ['package doors', { 'test/a.test.ts': `import '../packages/holdall/src/web/one.ts'\n` }, /belongs to holdall/],
  [
    'escaping, addresses, requests',
    { 'packages/holdall/src/web/one.ts': `export const one = await fetch('http://a')\n` },
    /one\.ts:1 {2}A bare fetch/,
  ],
  ['tests that the docs name', { 'docs/a.md': '`web/one.test.ts › is one`\n' }, /a\.md:1 {2}There is no/],
] as const) {
  test(`${step} fails on ${Object.keys(files)[0]}: ${expected.source}`, async () => {
    assert.match(await outcome(workspace(files), step), expected)
  })
}

test('the run says how each step went and counts them', async () => {
  let said = ''
  const counts = await runSteps(
    [
      { name: 'good', run: async () => ({ ok: true, output: 'not shown' }) },
      { name: 'bad', run: async () => ({ ok: false, output: 'line one\nline two' }) },
    ],
    (text) => {
      said += text
    },
  )
  assert.deepEqual(counts, { passed: 1, failed: 1 })
  assert.match(said, /^✓ good \(0\.\d s\)\n✗ bad \(0\.\d s\)\n {4}line one\n {4}line two\n$/)
})
