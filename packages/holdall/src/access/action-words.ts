import { isAction } from './actions.ts'
import type { Action } from './permissions.ts'

/** What each action is, as it follows "You may": `{place}` is the table, database or source, or "this server". */
const WORDS: Readonly<Record<Action, string>> = {
  'view-instance': 'see {place}',
  'view-database': 'see the database {place}',
  'view-table': 'see the table {place}',
  'insert-row': 'add rows to {place}',
  'update-row': 'change rows of {place}',
  'delete-row': 'delete rows of {place}',
  'create-table': 'make tables in {place}',
  'set-column-type': 'set up the file columns of {place}',
  'execute-sql': 'ask {place} with SQL',
  'files-browse': 'browse the files of {place}',
  'files-upload': 'upload files to {place}',
  'files-edit': 'change files of {place}',
  'files-delete': 'delete files of {place}',
  'files-manage-sources': 'manage where {place} keeps files',
  'view-collection': 'see the datasets of {place}',
  'edit-collection': 'add datasets to {place} and delete them',
  'query-collection': 'read the rows of the datasets of {place} and ask them with SQL',
  'manage-collections': 'make and delete the collections of {place}',
  'manage-people': 'manage the people of {place}',
}

/** "change rows of objects"; undefined for what is no action of ours. */
export function actionWords(action: string, place: string): string | undefined {
  return isAction(action) && Object.hasOwn(WORDS, action) ? WORDS[action].replace('{place}', () => place) : undefined
}

/** Some of the words of a list, as people say it: "a", "a and b", "a, b and c". */
export function listWords(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
