import { spawn } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cycles, type Package, sideEntrances, wrongDirections } from './house.ts'
import { type DocsPage, missingTests } from './named-tests.ts'
import { type Finding, parseSource, type Source } from './source.ts'
import { webFindings } from './web-rules.ts'

export interface Step {
  readonly name: string
  run(): Promise<StepResult>
}

export interface StepResult {
  readonly ok: boolean
  /** What to show when it failed. */
  readonly output: string
}

/** What `npm run check` holds the workspace at `root` to. */
export function checkSteps(root: string): Step[] {
  let parsed: Source[] | undefined
  const sources = (): Source[] => {
    parsed ??= readSources(root)
    return parsed
  }
  return [
    {
      name: 'lint and format (Biome)',
      run: () => tool(root, '@biomejs/biome', 'biome', ['check', '--error-on-warnings', '.']),
    },
    { name: 'types (tsc)', run: () => tool(root, 'typescript', 'tsc', ['--noEmit', '-p', '.']) },
    { name: 'unused files, exports, dependencies (knip)', run: () => tool(root, 'knip', 'knip', ['--no-progress']) },
    { name: 'import direction between rooms', run: async () => report(wrongDirections(sources())) },
    { name: 'import cycles', run: async () => report(cycles(sources())) },
    { name: 'package doors', run: async () => report(sideEntrances(sources(), readPackages(root))) },
    { name: 'escaping, addresses, requests', run: async () => report(sources().flatMap(webFindings)) },
    { name: 'tests that the docs name', run: async () => report(missingTests(readDocs(root), sources())) },
  ]
}

function report(findings: readonly Finding[]): StepResult {
  const lines = findings.map(({ path, line, message }) => `${path}:${line}  ${message}`)
  return { ok: findings.length === 0, output: lines.join('\n') }
}

export function readSources(root: string): Source[] {
  const patterns = ['packages/*/src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'tools/**/*.ts']
  return globSync(patterns, { cwd: root, exclude: (path) => path === 'node_modules' })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

function readDocs(root: string): DocsPage[] {
  return globSync('docs/**/*.md', { cwd: root }).map((path) => ({
    path: path.replaceAll('\\', '/'),
    text: readFileSync(join(root, path), 'utf8'),
  }))
}

export function readPackages(root: string): Package[] {
  return globSync('packages/*/package.json', { cwd: root }).map((path) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), 'utf8'))
    return { name, folder: dirname(path).replaceAll('\\', '/'), doors: Object.keys(exports) }
  })
}

async function tool(root: string, packageName: string, binary: string, args: readonly string[]): Promise<StepResult> {
  const folder = join(root, 'node_modules', packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const script = join(folder, typeof bin === 'string' ? bin : bin[binary])
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  return { ok: status === 0, output: Buffer.concat(chunks).toString().trim() }
}
