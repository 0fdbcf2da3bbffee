import type { DeclaredSource } from '../declared.ts'
import type { GetSecret } from '../secrets.ts'
import type { WrittenSource } from '../written.ts'
import { configFields } from './config-fields.ts'
import { configName, entryOf } from './form.ts'

/** A secret's name, and what is to be kept under it. */
export interface SecretToKeep {
  readonly name: string
  readonly value: string
}

/**
 * Gives each value a name made of slug and field, and puts the name where the value would be. A name that somebody else
 * uses is left alone.
 */
export async function nameSecrets(
  slug: string,
  written: WrittenSource,
  values: ReadonlyMap<string, string>,
  getSecret: GetSecret,
): Promise<{ written: WrittenSource; secrets: readonly SecretToKeep[] }> {
  if (values.size === 0) return { written, secrets: [] }
  const config: Record<string, unknown> = { ...(written.config as object) }
  const secrets: SecretToKeep[] = []
  for (const [key, value] of values) {
    const name = await nameFor(slug, key, config[key], getSecret)
    config[key] = { $secret: name }
    secrets.push({ name, value })
  }
  return { written: { ...written, config }, secrets }
}

async function nameFor(slug: string, key: string, before: unknown, getSecret: GetSecret): Promise<string> {
  const own = `SOURCE_${slug}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
  const used = (before as { $secret?: unknown } | undefined)?.$secret
  // Its own of before gets the new value; any other may be needed elsewhere.
  if (typeof used === 'string' && (used === own || used.startsWith(`${own}_`))) return used
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? own : `${own}_${n}`
    if ((await getSecret(name)) === undefined) return name
  }
}

/** Fields that name a secret that nobody has set, with what to do. Who pasted a key into such a field reads it nowhere again. */
export async function missingSecrets(
  { source, type }: DeclaredSource,
  getSecret: GetSecret,
): Promise<ReadonlyMap<string, string>> {
  const missing = new Map<string, string>()
  for (const { key, isSecret } of configFields(type)) {
    const { $secret: name } = (entryOf(source.config, key) ?? {}) as { readonly $secret?: unknown }
    if (!isSecret || typeof name !== 'string' || (await getSecret(name)) !== undefined) continue
    missing.set(configName(key), MISSING)
  }
  return missing
}

const MISSING =
  'There is no kept secret of this name. If this is the key itself, put it into the box for a new value: it is kept encrypted.'
