import {
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { findBuilt } from 'holdall/built'

const ROOT = dirname(import.meta.dirname)
const CACHE = join(ROOT, 'node_modules', '.cache', 'holdall')
/** `packages/holdall/bin/built.js` reads it. */
const POINTER = join(CACHE, 'current.json')
/** Its name is when it was begun. */
const BUILD = /^[0-9a-z]{8}$/
/** Builds that somebody may still be running. */
const KEPT_MS = 24 * 3_600_000
/**
 * Programs, and what they need beside them, stay packages; so does what is only loaded when it is used: CommonJS has no names
 * of its own when it is imported so.
 */
const PACKAGES = ['sharp', '@duckdb/*', 'esbuild', 'unpdf', 'mediabunny', 'undici']
/** The doors of packages of ours that are found by their names at run time. */
const DOORS: Readonly<Record<string, string>> = {
  'packages/holdall/src/index.ts': 'holdall/dist/index.js',
  'packages/holdall/src/plugin.ts': 'holdall/dist/plugin.js',
  'packages/holdall/src/testing.ts': 'holdall/dist/testing.js',
  'packages/storage-s3/src/index.ts': 'storage-s3/dist/index.js',
  'packages/elements/src/index.ts': 'elements/dist/index.js',
  'packages/elements/src/page.ts': 'elements/dist/page.js',
  'packages/elements/src/editor.ts': 'elements/dist/editor.js',
}
/** Modules that are started as processes and threads, by where they lie beside the one that starts them. */
const STARTED = 'packages/holdall/src/**/{child,process,thread}.ts'

/**
 * Builds the checkout's packages for its own use: a few files for each, which a process reads in half the time of their
 * sources. `bin/holdall.js` takes them as long as no source is newer.
 */
export async function buildCheckout(): Promise<void> {
  if (findBuilt() !== undefined) return
  const begun = Date.now()
  const name = begun.toString(36)
  const folder = join(CACHE, name)
  const started = globSync(STARTED, { cwd: ROOT })
  await Promise.all([
    node(
      'holdall',
      folder,
      ['packages/holdall/src/cli/main.ts', ...doorsOf('holdall'), ...started],
      ['@holdall/storage-s3'],
    ),
    node('storage-s3', folder, doorsOf('storage-s3'), ['holdall']),
    browser(folder),
  ])
  for (const asset of assets()) copy(asset, join(folder, asset.replace(/^packages\/([^/]+)\/src\//, '$1/dist/')))
  for (const part of ['holdall', 'storage-s3', 'elements'])
    copy(`packages/${part}/package.json`, join(folder, part, 'package.json'))
  writeFileSync(`${POINTER}.new`, JSON.stringify({ name, begun, doors: DOORS }))
  renameSync(`${POINTER}.new`, POINTER)
  removeOld(begun)
}

function node(name: string, folder: string, entries: readonly string[], external: readonly string[]): Promise<unknown> {
  return build({
    ...COMMON,
    entryPoints: entries.map((entry) => join(ROOT, entry)),
    outdir: join(folder, name, 'dist'),
    outbase: join(ROOT, 'packages', name, 'src'),
    splitting: true,
    platform: 'node',
    target: 'node24',
    // Of a package that is there in both forms the one whose names can be asked for one by one.
    mainFields: ['module', 'main'],
    external: [...PACKAGES, ...external],
    // What is CommonJS among the packages asks for Node's own modules by `require`.
    banner: {
      js: `import { createRequire as createRequireOfNode } from 'node:module'
const require = createRequireOfNode(import.meta.url)
const DIST = import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + '/dist/'.length)`,
    },
    plugins: [ownUrls(name)],
  })
}

/** Where `web/elements-bundle.ts` looks for it: beside the door. */
async function browser(folder: string): Promise<void> {
  const entries = { page: 'page.bundle', index: 'components.bundle', editor: 'editor.bundle' }
  for (const [door, bundle] of Object.entries(entries)) {
    await build({
      ...COMMON,
      entryPoints: { [bundle]: join(ROOT, 'packages', 'elements', 'src', `${door}.ts`) },
      outdir: join(folder, 'elements', 'dist'),
      platform: 'browser',
      target: 'es2022',
      minify: true,
    })
  }
}

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  format: 'esm',
  legalComments: 'none',
  logLevel: 'silent',
}

/** Each module goes on to know where it lies among the others, though it is now in a file with many. */
function ownUrls(name: string): Plugin {
  const source = join(ROOT, 'packages', name, 'src') + sep
  return {
    name: 'own URLs',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(source)) return undefined
        const place = relative(source, path).replaceAll(sep, '/').replace(/\.ts$/, '.js')
        const contents = readFileSync(path, 'utf8').replaceAll('import.meta.url', `(DIST + ${JSON.stringify(place)})`)
        return { contents, loader: 'ts' }
      })
    },
  }
}

function doorsOf(name: string): string[] {
  return Object.keys(DOORS).filter((door) => door.startsWith(`packages/${name}/`))
}

/** What modules read beside them. */
function assets(): string[] {
  return globSync('packages/holdall/src/{web/assets,database/migrations}/**/*', { cwd: ROOT }).filter((path) =>
    statSync(join(ROOT, path)).isFile(),
  )
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(join(ROOT, from), to)
}

function removeOld(now: number): void {
  for (const name of readdirSync(CACHE)) {
    const at = Number.parseInt(name, 36)
    if (BUILD.test(name) && now - at > KEPT_MS) rmSync(join(CACHE, name), { recursive: true, force: true })
  }
}
