import { type Html, html } from '../../../web/html.ts'
import { button } from '../../../web/parts/button.ts'
import { field } from '../../../web/parts/field.ts'
import { checkbox, selectInput, textInput } from '../../../web/parts/inputs.ts'
import { comparable } from '../guess.ts'
import type { ListWords } from '../list.ts'
import type { Subject } from '../room.ts'
import type { PlannedMatch, Run } from '../run.ts'
import { listCount, listLine } from './list-line.ts'

const HOW_CHOICES = [
  { value: 'equal', label: 'is the whole name' },
  { value: 'prefix', label: 'begins the name' },
  { value: 'pattern', label: 'stands where a pattern says' },
]

/** By what files are matched to rows. */
export function matchFields(
  subject: Subject,
  { match }: Run,
  posted: URLSearchParams | undefined,
  example: string,
  list: ListWords | undefined,
): Html {
  const { table, fileColumns } = subject
  const value = (name: string, stored: string) => posted?.get(name) ?? stored
  const isOn = (name: string, stored: boolean) => (posted === undefined ? stored : posted.get(name) === 'on')
  const columns = comparable(table, new Set(fileColumns.keys()))
  return html`<section class="panel match-fields" data-leavable aria-label="How files find their rows"><div class="match-line">${field(
    {
      name: 'match',
      label: 'The value of',
      control: (tied) =>
        selectInput({
          ...tied,
          name: 'match',
          value: value('match', match?.column ?? ''),
          options: columns.map((name) => ({ value: name, label: name })),
        }),
    },
  )}${field({
    name: 'how',
    label: 'In the name of the file',
    control: (tied) =>
      selectInput({ ...tied, name: 'how', value: value('how', match?.how ?? 'equal'), options: HOW_CHOICES }),
  })}<div class="when-pattern">${field({
    name: 'pattern',
    label: 'Pattern',
    hint: html`<code>{value}</code> is the value, <code>*</code> is anything. <code>IMG {value} *.jpg</code> finds 1862-014 in IMG 1862-014 back.jpg.`,
    control: (tied) => textInput({ ...tied, name: 'pattern', value: value('pattern', match?.pattern || example) }),
  })}</div>${button({ label: 'Match again', type: 'submit', name: 'go', value: 'match', icon: 'retry' })}</div><div class="match-more">${checkbox(
    {
      name: 'exact',
      value: 'on',
      label: 'Letter for letter: case, separators and leading zeros count',
      checked: isOn('exact', match?.exact ?? false),
    },
  )}</div>${list && match?.list && ofList(subject, match, match.list, list)}</section>`
}

/** Which rows files may go to: those of the list from which somebody came, or all. */
function ofList(subject: Subject, { allRows }: PlannedMatch, list: string, words: ListWords): Html {
  const count = listCount(words)
  const to = (way: string, label: string) =>
    button({ label, type: 'submit', name: 'go', value: `rows ${way}`, small: true })
  return html`<div class="match-list">${
    allRows
      ? html`<span>All rows of ${subject.table.name} get files.</span>${words.conditions !== undefined && to('list', `Only the ${count} of the list`)}`
      : html`${listLine(subject, list, words, count)}${to('all', 'Take all rows')}`
  }</div>`
}
