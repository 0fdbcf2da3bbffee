import { refuseField } from '../../access/forms.ts'
import type { Action } from '../../access/permissions.ts'
import type { AllowBlock } from '../../config/config.ts'

/** What the forms ask about a source: who may. */
export const ASKED = {
  browse: 'files-browse',
  upload: 'files-upload',
  delete: 'files-delete',
} as const satisfies Record<string, Action>
export type AskedName = keyof typeof ASKED
export const ASKED_NAMES = Object.keys(ASKED) as AskedName[]

export const WHO = ['nobody', 'people', 'signed-in', 'everybody', 'usual', 'other'] as const
export type Who = (typeof WHO)[number]

/** What a form says of an allow block: a choice, and the names that belong to one of them. */
export interface WhoMay {
  readonly who: Who
  readonly people: string
}

/** The name of the field with people's names, beside the choice called `name`. */
export function peopleField(name: string): string {
  return `${name}_people`
}

/** @param block undefined where the row says nothing: what holds for all sources does */
export function whoOf(block: AllowBlock | undefined): WhoMay {
  if (block === undefined) return { who: 'usual', people: '' }
  if (typeof block === 'boolean') return { who: block ? 'everybody' : 'nobody', people: '' }
  const entries = Object.entries(block)
  const [[key, value] = []] = entries
  if (entries.length !== 1 || key !== 'id') return { who: entries.length === 0 ? 'nobody' : 'other', people: '' }
  if (value === '*') return { who: 'signed-in', people: '' }
  const names = [value].flat()
  const isPlain = names.every((name) => typeof name === 'string' && name !== '*' && !name.includes(','))
  return isPlain ? { who: 'people', people: names.join(', ') } : { who: 'other', people: '' }
}

/**
 * The allow block that a choice stands for; undefined leaves it to what holds for all sources.
 *
 * @param before what there was, for a choice that a form cannot say in its own words
 * @throws HoldallError `bad_request` beside the field
 */
export function blockOf(name: string, { who, people }: WhoMay, before?: AllowBlock): AllowBlock | undefined {
  switch (who) {
    case 'nobody':
      return false
    case 'everybody':
      return true
    case 'signed-in':
      return { id: '*' }
    case 'people': {
      const names = [...new Set(people.split(',').map((one) => one.trim()))].filter((one) => one !== '')
      if (names.length === 0) refuseField(peopleField(name), 'Name at least one person, or choose another answer.')
      if (names.includes('*')) refuseField(peopleField(name), 'For everybody who has signed in, choose that above.')
      return { id: names }
    }
    case 'usual':
      return undefined
    case 'other':
      return before
  }
}

/** @throws HoldallError `bad_request` beside the field */
export function readWho(name: string, text: string): Who {
  return WHO.find((who) => who === text) ?? refuseField(name, `Must be one of ${WHO.join(', ')}.`)
}
