import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Asset } from './assets.ts'

/**
 * `page`: with the behaviours of our own pages. `components`: they alone, for pages that are not ours. `editor`: what the
 * page of queries has besides.
 */
type Part = 'page' | 'components' | 'editor'

/** In a published package the bundles are already there; in a checkout they are made from the sources. */
const PREBUILT: Readonly<Record<Part, string>> = {
  page: 'page.bundle.js',
  components: 'components.bundle.js',
  editor: 'editor.bundle.js',
}

interface Sources {
  readonly entry: string
  readonly prebuilt: Uint8Array<ArrayBuffer> | null
  readonly version: string
}

const sources = new Map<Part, Sources>()
const bundling = new Map<Part, Promise<Asset>>()

/** What the pages put behind `?v=`: a hash of the components' sources, read once. */
export function elementsVersion(): string {
  return findSources('page').version
}

/** The components as one script, made on the first call and kept in memory. */
export function elementsBundle(part: Part): Promise<Asset> {
  const begun = bundling.get(part)
  if (begun) return begun
  const made = bundle(findSources(part)).catch((error: unknown) => {
    bundling.delete(part)
    throw error
  })
  bundling.set(part, made)
  return made
}

function findSources(part: Part): Sources {
  const known = sources.get(part)
  if (known) return known
  const read = readSources(part)
  sources.set(part, read)
  return read
}

function readSources(part: Part): Sources {
  const name = part === 'components' ? '@holdall/elements' : `@holdall/elements/${part}`
  const entry = fileURLToPath(import.meta.resolve(name))
  const folder = dirname(entry)
  const prebuilt = readIfThere(join(folder, PREBUILT[part]))
  const hash = createHash('sha256')
  if (prebuilt) hash.update(prebuilt)
  else for (const root of [folder, clientFolder()]) hashFolder(hash, root)
  return { entry, prebuilt, version: hash.digest('base64url').slice(0, 16) }
}

function clientFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('@holdall/client')))
}

function hashFolder(hash: ReturnType<typeof createHash>, folder: string): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.[cm]?[jt]s$/.test(name) && !name.includes('.test.'),
  )
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(folder, name)))
}

function readIfThere(path: string): Uint8Array<ArrayBuffer> | null {
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    return null
  }
}

async function bundle({ entry, prebuilt, version }: Sources): Promise<Asset> {
  const etag = `"${version}"`
  if (prebuilt) return { body: prebuilt, etag }
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild gave no output')
  return { body: new Uint8Array(output.contents), etag }
}
