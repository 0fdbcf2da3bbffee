import { ACTIONS, type ActionKind } from '../config/actions.ts'
import { nearest } from '../config/nearest.ts'
import { actionWords } from './action-words.ts'

const PLACES: Readonly<Record<ActionKind, string>> = {
  instance: '',
  database: 'DATABASE',
  table: 'DATABASE/TABLE',
  source: 'SOURCE',
  collection: 'COLLECTION',
}

/** Every action, as it is written for one place, and what it lets somebody do there. */
export const ACTION_LIST: readonly { readonly written: string; readonly words: string }[] = [...ACTIONS].map(
  ([action, kind]) => ({
    written: kind === 'instance' ? action : `${action}:${PLACES[kind]}`,
    words: actionWords(action, PLACES[kind] || 'this server') ?? '',
  }),
)

/** How places are written, for whoever reads the list. */
export const ACTION_PLACES =
  'Without a place an action holds everywhere; with a database alone, for all its tables. A slash within a name is written ~2F.'

/** Of what is no action: the one that was probably meant, and all there are. */
export function noSuchAction(name: string): string {
  const known = [...ACTIONS.keys()]
  // "upload-files" is as near as "files-uplod" to whoever types it.
  const turned = name.split('-').toReversed().join('-')
  const near = nearest(name, known) ?? nearest(turned, known)
  return `There is no action "${name}".${near === undefined ? '' : ` Did you mean ${near}?`} The actions are: ${known.join(', ')}.`
}
