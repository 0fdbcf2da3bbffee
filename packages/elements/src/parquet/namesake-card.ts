import { html, type TemplateResult } from 'lit'
import { formatBytes, formatCount, formatDay } from '../lib/format.ts'
import { icon, typeTile } from '../lib/templates.ts'
import { isConverted } from './magic.ts'
import { type Namesake, stemOf } from './namesakes.ts'

export interface NamesakeActions {
  /** Its rows come after those that are there, or instead of them. */
  readonly join: (one: Namesake, mode: 'append' | 'replace') => void
  readonly keep: (one: Namesake) => void
  readonly leave: (one: Namesake) => void
}

/** A file of the name of a dataset: what shall become of it, before anything is sent. */
export function namesakeCard(one: Namesake, { join, keep, leave }: NamesakeActions): TemplateResult {
  const { key, file, dataset, others } = one
  const name = stemOf(file.name)
  const what =
    others > 0
      ? `${formatCount(others + 1, 'dataset')} are called “${name}”. The last`
      : `“${name}” is here already. It`
  const press = (control: string, words: string, kind: '' | 'quiet', act: () => void) =>
    html`<button class="button ${kind}" type="button" data-control=${control} @click=${act}>${words}</button>`
  return html`<section class="panel upload-card" data-line=${key} aria-label=${file.name}><div class="upload-head">${typeTile(isConverted(file.name) ? '' : 'application/vnd.apache.parquet', file.name)}<div class="grow"><h2 tabindex="-1" data-rest>${file.name}</h2><span class="size">${formatBytes(file.size)}</span></div><span class="badge warning">${icon('warning')}Waits for you</span></div>
    <p class="upload-question">${what} has ${formatCount(dataset.row_count, 'row')} and was changed on ${formatDay(dataset.updated_at)}. Nothing is sent yet.</p>
    <div class="upload-foot">${press('append', 'Add to it', '', () => join(one, 'append'))}${press('replace', 'Replace it', '', () => join(one, 'replace'))}${press('keep', 'Make a new dataset', '', () => keep(one))}${press('leave', 'Cancel', 'quiet', () => leave(one))}</div></section>`
}
