import { z } from 'zod'
import { kindOf, readBlock, readEntries } from './block.ts'
import { type Path, quote } from './path.ts'
import { type PermissionRule, readPermissions } from './permissions.ts'
import type { Report } from './report.ts'
import { type Block, block, isBlock, name, text } from './values.ts'

export interface CollectionConfig {
  readonly organization: string
  readonly id: string
  readonly label?: string
  readonly source?: string
  readonly catalog?: string
}

/** A thing that a plugin makes: its type, and its configuration as written for the schema of the type. */
export interface TypedConfig {
  readonly type: string
  readonly config: Block
}

/** What people and addresses can write without escapes. */
export const COLLECTION_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/
export const COLLECTION_ID_RULE = 'up to 100 letters, digits, - and _, beginning with a letter or digit: medicaid-2026.'

const UUID_ERROR = 'must be a UUID, such as 550e8400-e29b-41d4-a716-446655440000.'
const SHAPE = {
  organization: z.guid({ error: UUID_ERROR }).transform((id) => id.toLowerCase()),
  id: name.pipe(z.string().regex(COLLECTION_ID, { error: `must be ${COLLECTION_ID_RULE}` })),
  label: text,
  source: name,
  catalog: name,
  permissions: z.unknown(),
}
const TYPED_SHAPE = { type: name, config: z.unknown() }

export function readCollections(
  report: Report,
  path: Path,
  value: unknown,
): { collections: CollectionConfig[]; rules: PermissionRule[] } {
  if (value === null || value === undefined) return { collections: [], rules: [] }
  if (!Array.isArray(value)) {
    report.problem(path, `must be a list of collections, not ${kindOf(value)}.`)
    return { collections: [], rules: [] }
  }
  const collections = new Map<string, CollectionConfig>()
  const rules: PermissionRule[] = []
  for (const [index, entry] of value.entries()) {
    const at = [...path, index]
    const { permissions, organization, id, ...rest } = readBlock(report, at, entry, SHAPE)
    for (const key of ['organization', 'id']) {
      if (!isBlock(entry) || entry[key] === undefined || entry[key] === null)
        report.problem([...at, key], 'is missing.')
    }
    if (id === undefined || organization === undefined) continue
    const identity = JSON.stringify([organization, id])
    if (collections.has(identity)) report.problem(at, `is a second collection ${quote(id)} of the same organization.`)
    collections.set(identity, { organization, id, ...rest })
    rules.push(
      ...readPermissions(report, [...at, 'permissions'], permissions, {
        kind: 'collection',
        parent: id,
        child: organization,
      }),
    )
  }
  return { collections: [...collections.values()], rules }
}

/** Blocks with `type` and `config`, by name. */
export function readTypedBlocks(report: Report, path: Path, value: unknown): Record<string, TypedConfig> {
  const read = block<TypedConfig>()
  for (const [key, entry] of readEntries(report, path, value)) {
    const typed = readTyped(report, [...path, key], entry ?? block())
    if (typed) read[key] = typed
  }
  return read
}

/** `undefined` when it is not there or not sound. */
export function readTyped(report: Report, path: Path, value: unknown): TypedConfig | undefined {
  if (value === null || value === undefined) return undefined
  const { type, config } = readBlock(report, path, value, TYPED_SHAPE)
  if (isBlock(value) && (value.type === undefined || value.type === null))
    report.problem([...path, 'type'], 'is missing.')
  const made = block(readEntries(report, [...path, 'config'], config))
  return type === undefined ? undefined : { type, config: made }
}
