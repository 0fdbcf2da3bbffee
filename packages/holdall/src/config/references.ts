import { resolve } from 'node:path'
import { type Path, quote } from './path.ts'
import type { Report } from './report.ts'
import { block, isBlock } from './values.ts'

export interface ReferenceContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a relative `$file` begins. */
  readonly directory: string
  readonly readFile: (path: string) => Uint8Array
}

/**
 * The value with every `{"$env": NAME}` and `{"$file": PATH}` in it replaced by the text they name; a file's last line
 * end is not part of it. What names nothing is reported and becomes `undefined`. `$secret` stays a reference.
 */
export function resolveReferences(report: Report, path: Path, value: unknown, context: ReferenceContext): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => resolveReferences(report, [...path, index], item, context))
  if (!isBlock(value)) return value
  const keys = Object.keys(value)
  if (keys.length === 1) {
    const { $env, $file } = value
    if (typeof $env === 'string') return fromEnvironment(report, path, $env, context)
    if (typeof $file === 'string') return fromFile(report, path, $file, context)
  }
  return block(keys.map((key) => [key, resolveReferences(report, [...path, key], value[key], context)] as const))
}

function fromEnvironment(report: Report, path: Path, name: string, { env }: ReferenceContext): string | undefined {
  if (Object.hasOwn(env, name) && env[name] !== undefined) return env[name]
  report.unresolved(path, `names the environment variable ${quote(name)}, which is not set.`)
  return undefined
}

function fromFile(report: Report, path: Path, file: string, context: ReferenceContext): string | undefined {
  const absolute = resolve(context.directory, file)
  function refuse(reason: string): undefined {
    report.unresolved(path, `names the file ${quote(absolute)}, which cannot be read: ${reason}.`)
  }
  let bytes: Uint8Array
  try {
    bytes = context.readFile(absolute)
  } catch (error) {
    return refuse(reasonOf(error))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch {
    return refuse('it is not UTF-8 text')
  }
}

/** Why a file could not be read, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'EISDIR') return 'it is a directory'
  return code ?? (error instanceof Error ? error.message : String(error))
}
