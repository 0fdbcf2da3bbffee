import { z } from 'zod'
import { refuseField } from '../../access/forms.ts'
import { type AllowBlock, COLLECTION_ID, COLLECTION_ID_RULE } from '../../config/config.ts'
import { blockOf, peopleField, WHO } from '../../sources/managing/who.ts'

export const COLLECTION_ACTIONS = ['view-collection', 'edit-collection', 'query-collection'] as const
export type CollectionAction = (typeof COLLECTION_ACTIONS)[number]
export type Allow = Readonly<Partial<Record<CollectionAction, AllowBlock>>>

const ID_RULE = `Use ${COLLECTION_ID_RULE}`
const UUID_RULE = 'Must be a UUID, such as 550e8400-e29b-41d4-a716-446655440000.'
/** Characters of an id that is made from a name. */
const MAX_ID_LENGTH = 60
const MAX_LABEL_LENGTH = 200
const MAX_ALLOW_LENGTH = 10_000

const VALUE = z.union([z.string(), z.number(), z.boolean()])
const ALLOW_BLOCK = z.union([z.boolean(), z.record(z.string(), z.union([VALUE, z.array(VALUE)]))])
export const ALLOW = z.partialRecord(z.enum(COLLECTION_ACTIONS), ALLOW_BLOCK)

/** The id of a new collection; without one it is made from its name. @throws HoldallError `bad_request` beside the field */
export function readId(value: unknown, label: string | null = null): string {
  const id = readText(value, 'id') || idFrom(label ?? '')
  if (id === '') refuseField('id', `Give it an id. ${ID_RULE}`)
  return COLLECTION_ID.test(id) ? id : refuseField('id', ID_RULE)
}

/** As the form's script suggests it while a name is typed. */
function idFrom(label: string): string {
  const plain = label.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss')
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, MAX_ID_LENGTH)
    .replace(/-+$/, '')
}

/** Undefined for the default one. @throws HoldallError `bad_request` beside the field */
export function readOrganization(value: unknown): string | undefined {
  const organization = readText(value, 'organization')
  if (organization === '') return undefined
  return z.guid().safeParse(organization).success ? organization.toLowerCase() : refuseField('organization', UUID_RULE)
}

/** Null for the id. @throws HoldallError `bad_request` beside the field */
export function readLabel(value: unknown): string | null {
  const label = readText(value, 'label')
  if (label.length > MAX_LABEL_LENGTH) refuseField('label', `Use at most ${MAX_LABEL_LENGTH} characters.`)
  return label === '' ? null : label
}

/** Null for the one that there is when nobody names one. @throws HoldallError `bad_request` beside the field */
export function readName(value: unknown, field: 'source' | 'catalog'): string | null {
  return readText(value, field) || null
}

function readText(value: unknown, field: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') refuseField(field, 'Must be a text.')
  const text = value.trim()
  if (!text.isWellFormed() || /\p{Cc}/u.test(text)) refuseField(field, 'Must not contain control characters.')
  return text
}

/** Who may, as JSON tells it: allow blocks by action. @throws HoldallError `bad_request` beside the field */
export function readAllow(value: unknown): Allow | undefined {
  if (value === undefined) return undefined
  const read = ALLOW.safeParse(value ?? {})
  if (!read.success || JSON.stringify(read.data).length > MAX_ALLOW_LENGTH) {
    refuseField('allow', `Must be allow blocks by action (${COLLECTION_ACTIONS.join(', ')}): { "id": ["alice"] }.`)
  }
  return read.data
}

/** The fields of a form that say who may: one for each action. */
export const ALLOW_FIELDS = {
  view: 'view-collection',
  edit: 'edit-collection',
  query: 'query-collection',
} as const satisfies Record<string, CollectionAction>

/**
 * Who may, as forms tell it: a choice, and beside it names with commas between them; or, from whoever fills in no form,
 * names alone, `*` for everybody who has signed in, or a whole allow block as JSON.
 *
 * @param before for what no choice says
 * @throws HoldallError `bad_request` beside the field
 */
export function readAllowFields(fields: Readonly<Record<string, unknown>>, before: Allow = {}): Allow {
  const allow: Partial<Record<CollectionAction, AllowBlock>> = {}
  for (const [field, action] of Object.entries(ALLOW_FIELDS)) {
    const text = readText(fields[field], field)
    const people = readText(fields[peopleField(field)], peopleField(field))
    if (text.length + people.length > MAX_ALLOW_LENGTH)
      refuseField(field, `Use at most ${MAX_ALLOW_LENGTH} characters.`)
    const who = WHO.find((one) => one === text)
    const block = who === undefined ? readPeople(text, field) : blockOf(field, { who, people }, before[action])
    if (block !== undefined) allow[action] = block
  }
  return allow
}

function readPeople(text: string, field: string): AllowBlock | undefined {
  if (text === '') return undefined
  if (/^(\{|true$|false$)/.test(text)) {
    const read = ALLOW_BLOCK.safeParse(parse(text))
    return read.success
      ? read.data
      : refuseField(field, 'Must be names with commas between them, or an allow block such as {"role": "editor"}.')
  }
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return { id: names.includes('*') ? '*' : names }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
