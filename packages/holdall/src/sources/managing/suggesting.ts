import { type Fields, textOf } from '../../access/fields.ts'
import type { StorageType } from '../storage.ts'
import { configFields } from './config-fields.ts'
import { configName } from './form.ts'
import type { Tried } from './managing.ts'
import { type Sent, SUGGESTED } from './pages.ts'

/**
 * What a new source's form shows after it was tried: where there are files and they could be changed, Read only is ticked,
 * once. Whoever unticks it has chosen, and is not asked again.
 */
export function suggesting(fields: Fields, tried: Tried, types: readonly StorageType[]): Sent {
  const { trial } = tried
  const type = types.find((one) => one.type === textOf(fields, 'storage'))
  const hasChoice = type !== undefined && configFields(type).some(({ key }) => key === 'read_only')
  const couldChange = hasChoice && trial?.takesUploads === true && (trial.files?.length ?? 0) > 0
  if (!couldChange || textOf(fields, SUGGESTED) !== '') return { fields, tried }
  return {
    fields: { ...fields, [configName('read_only')]: 'on', [SUGGESTED]: 'on' },
    tried: { ...tried, trial: { files: trial.files, hasMore: trial.hasMore, takesUploads: false } },
    suggestsReadOnly: true,
  }
}
