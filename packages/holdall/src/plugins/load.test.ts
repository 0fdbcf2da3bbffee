import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { type Config, ConfigurationError } from '../config/config.ts'
import { filesystemType } from '../sources/filesystem/storage.ts'
import type { StorageType } from '../sources/storage.ts'
import { asHoldallError, HoldallError } from '../web/error.ts'
import { loadPlugins } from './load.ts'

const root = mkdtempSync(join(tmpdir(), 'holdall-plugins-'))
after(() => rmSync(root, { recursive: true }))
const BUILT_IN = { storages: [filesystemType() as StorageType] }
const NAMED = (type: string) =>
  `{ type: '${type}', config: { safeParse: (data) => ({ data }) }, create: async () => ({}) }`

let folders = 0

/** A folder with these files, as a configuration's. */
function folderOf(files: Readonly<Record<string, string>>): string {
  folders += 1
  const folder = join(root, String(folders))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

async function load(
  files: Readonly<Record<string, string>>,
  plugins: Readonly<Record<string, unknown>>,
  { storages = [], holdall }: { storages?: readonly string[]; holdall?: string } = {},
) {
  const directory = folderOf(files)
  const sources = Object.fromEntries(storages.map((storage) => [storage, { slug: storage, storage }]))
  // What the loader reads of a configuration.
  const config = { directory, plugins, sources } as unknown as Config
  const loaded = await loadPlugins(config, BUILT_IN, pathToFileURL(join(holdall ?? root, 'load.ts')).href)
  return {
    directory,
    storages: loaded.storages.map(({ type }) => type),
    said: loaded.complaints.map(({ path, message }) => `${path.join(' ')}: ${message}`),
    absent: loaded.absent,
  }
}

function packageOf(name: string, text: string, conditions = '"import"'): Record<string, string> {
  return {
    [`node_modules/${name}/package.json`]: `{"name": "${name}", "type": "module", "exports": {".": {${conditions}: "./main.js"}}}`,
    [`node_modules/${name}/main.js`]: text,
  }
}

describe('plugins', () => {
  test('a file lies where the configuration says, in TypeScript too, and is given its options', async () => {
    const { storages, said } = await load(
      {
        'plugins/one.ts': `export default (options: { name: string }) => ({ storages: [{ ...${NAMED('x')}, type: options.name }] })`,
        'two.js': `export default async () => ({ storages: [${NAMED('two')}] })`,
        'none.js': 'export default () => ({})',
      },
      { './plugins/one.ts': { name: 'one' }, './two.js': {}, './none.js': {} },
    )
    assert.deepEqual(said, [])
    assert.deepEqual(storages, ['one', 'two'])
  })

  test('a package is looked up beside the configuration, then beside Holdall', async () => {
    const here = packageOf('@some/storage', `export default () => ({ storages: [${NAMED('here')}] })`)
    const holdall = folderOf({
      ...packageOf('@some/storage', `export default () => ({ storages: [${NAMED('there')}] })`),
      ...packageOf('other', `export default () => ({ storages: [${NAMED('other')}] })`, '"default"'),
    })
    const found = await load(here, { '@some/storage': {}, other: {} }, { holdall })
    assert.deepEqual(found.said, [])
    assert.deepEqual(found.storages, ['here', 'other'])
    assert.deepEqual((await load({}, { '@some/storage': {} }, { holdall })).storages, ['there'])
  })

  test('everything that is wrong is said at once, each at its place', async () => {
    const { directory, said, storages } = await load(
      {
        'throws.js': 'throw new Error("no such luck\\nat line 3")',
        'syntax.js': 'export default (',
        'lacks.js': 'import "a-package-that-is-not-there"',
        'object.js': 'export default { storages: [] }',
        'nothing.js': 'export default () => undefined',
        'newer.js': 'export default () => ({ storages: [], catalogs: [] })',
        'odd.js': 'export default () => ({ storages: [{ type: "odd" }] })',
        'picky.js': 'export default () => { throw new Error("text is required") }',
        'twice.js': `export default () => ({ storages: [${NAMED('filesystem')}] })`,
        'zod.js':
          'export default () => { throw Object.assign(new Error(), { issues: [{ path: ["a", 0], message: "must be a text." }, { path: [], message: "lacks b." }] }) }',
        'good.js': `export default () => ({ storages: [${NAMED('good')}] })`,
      },
      {
        './throws.js': {},
        './syntax.js': {},
        './lacks.js': {},
        './object.js': {},
        './nothing.js': {},
        './newer.js': {},
        './odd.js': {},
        './picky.js': {},
        './twice.js': {},
        './zod.js': {},
        './absent.js': {},
        'not-installed': {},
        '@not/a name': {},
        './good.js': ['a', 'list'],
        './good.js ': {},
      },
    )
    assert.deepEqual(
      said.map((line) => line.replaceAll(directory, 'HERE')),
      [
        'plugins ./throws.js: could not be loaded: no such luck',
        'plugins ./syntax.js: could not be loaded: Unexpected end of input',
        `plugins ./lacks.js: could not be loaded: Cannot find package 'a-package-that-is-not-there' imported from HERE/lacks.js`,
        'plugins ./object.js: is no plugin: the default export of its module must be a function from options to a plugin.',
        'plugins ./nothing.js: is no plugin: its function must return an object.',
        'plugins ./newer.js: has a member catalogs, which this version of Holdall does not know. It knows: storages.',
        'plugins ./odd.js: has storages that are none: each needs a type, a config schema and create.',
        'plugins ./picky.js: does not take these options: text is required',
        'plugins ./twice.js: provides the storage filesystem, which Holdall itself provides too. Leave one of them out.',
        'plugins ./zod.js a 0: must be a text.',
        'plugins ./zod.js: lacks b.',
        'plugins ./absent.js: is not there: there is no such file beside the configuration, in HERE.',
        'plugins not-installed: is not installed. Install it beside the configuration, in HERE: npm install not-installed',
        'plugins @not/a name: is not installed. Install it beside the configuration, in HERE: npm install @not/a name',
        'plugins ./good.js: must be a block of options; {} gives none.',
        'plugins ./good.js : is not there: there is no such file beside the configuration, in HERE.',
      ],
    )
    assert.deepEqual(storages, [])
  })

  test('an error of a plugin that has a Holdall of its own is an error of Holdall', async () => {
    const another = '../web/error.ts?another-copy'
    const { HoldallError: Other } = (await import(another)) as typeof import('../web/error.ts')
    assert.notEqual(Other, HoldallError)
    const error = new Other('file_missing')
    assert.ok(error instanceof HoldallError)
    assert.equal(asHoldallError(error).status, 410)
    assert.ok(!(error instanceof ConfigurationError))
    assert.ok(!(new Error('file_missing') instanceof HoldallError))
    assert.ok(new ConfigurationError([]) instanceof HoldallError)
  })

  test('the storage s3 needs no entry where its package is installed, and says what to add where it is not', async () => {
    const provider = packageOf('@holdall/storage-s3', `export default () => ({ storages: [${NAMED('s3')}] })`)
    assert.deepEqual((await load(provider, {}, { storages: ['s3', 'filesystem'] })).storages, ['s3'])
    assert.deepEqual((await load(provider, {})).storages, [])
    const { directory, said, absent } = await load({}, {}, { storages: ['s3', 'mystery'] })
    assert.deepEqual(said, [])
    assert.deepEqual(
      [...absent],
      [
        [
          's3',
          `comes with @holdall/storage-s3, which is not installed. Install it beside the configuration, in ${directory}: npm install @holdall/storage-s3`,
        ],
      ],
    )
  })
})
