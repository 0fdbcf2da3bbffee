import { z } from 'zod'
import type { StorageType } from '../storage.ts'

/** How a key of a storage's `config` is asked for. */
export type FieldKind = 'text' | 'lines' | 'choice' | 'checkbox' | 'yes-no' | 'number' | 'json'

export interface ConfigField {
  /** Of `config`. */
  readonly key: string
  readonly label: string
  readonly hint?: string
  readonly kind: FieldKind
  /** Of a choice. */
  readonly options: readonly string[]
  /** What it is when nobody says. */
  readonly usual?: string
  readonly isRequired: boolean
  /** It takes the name of a secret, never a value. */
  readonly isSecret: boolean
  /** Rarely needed: folded away. */
  readonly isAdvanced: boolean
  /** Not asked for, because something else does the same. */
  readonly isHidden: boolean
}

/** What a property is in JSON Schema, with what `.meta()` of ours says beyond it. */
interface Property {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Property[]
  readonly enum?: readonly unknown[]
  readonly items?: Property
  readonly default?: unknown
  readonly title?: string
  readonly description?: string
  readonly secret?: boolean
  readonly advanced?: boolean
  readonly hidden?: boolean
  readonly control?: FieldKind
}

interface Block extends Property {
  readonly properties?: Readonly<Record<string, Property>>
  readonly required?: readonly string[]
}

/** The fields of the form for a storage, from its own schema. */
export function configFields(type: StorageType): ConfigField[] {
  const { properties = {}, required = [] } = schemaOf(type)
  return Object.entries(properties).map(([key, property]) => ({
    key,
    label: property.title ?? wordsOf(key),
    ...(property.description !== undefined && { hint: property.description }),
    kind: kindOf(property),
    options: (property.enum ?? []).map(String),
    ...(typeof property.default === 'string' && { usual: property.default }),
    isRequired: required.includes(key),
    isSecret: property.secret === true,
    isAdvanced: property.advanced === true,
    isHidden: property.hidden === true,
  }))
}

/** What people call the storage, and what it is. */
export function storageWords(type: StorageType): { readonly title: string; readonly description?: string } {
  const { title = type.type, description } = schemaOf(type)
  return { title, ...(description !== undefined && { description }) }
}

/** Schemas stay as long as the process does, and pages ask for them again and again. */
const schemas = new WeakMap<object, Block>()

function schemaOf({ config }: StorageType): Block {
  const known = schemas.get(config)
  if (known !== undefined) return known
  const schema = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' }) as Block
  schemas.set(config, schema)
  return schema
}

function kindOf(property: Property): FieldKind {
  if (property.control !== undefined) return property.control
  if (property.enum !== undefined) return 'choice'
  const types = typesOf(property)
  if (types.has('boolean')) return 'yes-no'
  if (types.has('array')) return 'lines'
  if (types.has('integer') || types.has('number')) return 'number'
  return types.has('object') ? 'json' : 'text'
}

function typesOf({ type, anyOf = [] }: Property): Set<string> {
  return new Set([type ?? [], anyOf.flatMap((one) => [...typesOf(one)])].flat())
}

/** `endpoint_url` as “Endpoint url”. */
function wordsOf(key: string): string {
  const words = key.replaceAll(/[_-]+/g, ' ').trim()
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
