import { type Html, html, safeUrl } from '../html.ts'
import { button, hiddenFields, linkButton } from './button.ts'
import { type IconName, icon } from './icon.ts'
import { type SelectOption, selectInput, textInput } from './inputs.ts'

export type BadgeTone = 'plain' | 'accent' | 'success' | 'warning' | 'danger' | 'info'

const BADGE_ICONS: Partial<Record<BadgeTone, IconName>> = { success: 'check', warning: 'warning', danger: 'error' }

/** One or two words of state; the tone has an icon too, so that colour is never alone. */
export function badge(label: string, tone: BadgeTone = 'plain'): Html {
  const sign = BADGE_ICONS[tone]
  return html`<span class="${tone === 'plain' ? 'badge' : `badge ${tone}`}">${sign && icon(sign)}${label}</span>`
}

export interface Filter {
  readonly field: string
  /** in words: "contains", "before" */
  readonly operator: string
  readonly value: string
  readonly removeHref: string
  /** Where the filter is changed; without it the chip is not a link. */
  readonly href?: string
}

export interface FilterForm {
  readonly action: string
  /** Everything else of the address, as pairs: names may repeat. */
  readonly keep: readonly (readonly [string, string])[]
  /** `kind` says which operators a column takes. */
  readonly columns: readonly (SelectOption & { readonly kind: string })[]
  /** What can be asked, by kind of column. */
  readonly operators: readonly { readonly kind: string; readonly choices: readonly SelectOption[] }[]
  /** Values that can be chosen by name, with the column of each. */
  readonly values?: readonly { readonly value: string; readonly column: string }[]
  /** The filter that is being changed: the form is open with what it says. */
  readonly changing?: { readonly column: string; readonly operator: string; readonly value: string }
}

/**
 * Filters as chips, then the form for another: fields `_filter_column`, `_filter_op_KIND` for each kind of column, of which
 * styles show the one that fits, `_filter_value`, and `_filter_until` for the operator `between`.
 */
export function filterBar(options: {
  readonly filters: readonly Filter[]
  readonly add?: FilterForm
  readonly clearHref?: string
}): Html {
  return html`<div class="filters" role="group" aria-label="Filters">${options.filters.map(chip)}${options.add && addFilter(options.add)}${
    options.filters.length > 0 &&
    options.clearHref !== undefined &&
    linkButton({ label: 'Clear filters', href: options.clearHref, kind: 'quiet', small: true })
  }</div>`
}

function chip(filter: Filter): Html {
  const words = html`<span>${filter.field}</span><span class="operator">${filter.operator}</span>${filter.value !== '' && html`<b>${filter.value}</b>`}`
  const remove = `Remove filter: ${filter.field} ${filter.operator} ${filter.value}`
  return html`<span class="chip"><a href="${safeUrl(filter.href ?? filter.removeHref)}">${words}</a><a href="${safeUrl(filter.removeHref)}" aria-label="${remove}" title="Remove filter">${icon('close')}</a></span>`
}

function addFilter(form: FilterForm): Html {
  const { changing, columns, operators, values = [] } = form
  const list = values.length > 0 ? 'filter-values' : undefined
  return html`<details class="menu"${changing && html` open`}><summary class="chip-add">${icon(changing ? 'edit' : 'plus')}${changing ? 'Change filter' : 'Add filter'}</summary>
<form class="menu-panel filter-form" action="${safeUrl(form.action)}">${form.keep.map(([name, value]) => hiddenFields({ [name]: value }))}
<label>Column${selectInput({ name: '_filter_column', options: columns, value: changing?.column })}</label>
${operators.map(
  ({ kind, choices }) =>
    html`<label class="for-kind" data-kind="${kind}">Condition${selectInput({ name: `_filter_op_${kind}`, options: choices.map((choice) => ({ ...choice, kind: takes(choice.value) })), value: changing?.operator })}</label>`,
)}
<label class="filter-value">Value${textInput({ name: '_filter_value', value: changing?.value, list, autocomplete: list && 'off' })}</label><label class="filter-until">and${textInput({ name: '_filter_until' })}</label>${
    list &&
    html`<datalist id="${list}">${values.map(({ value, column }) => html`<option value="${value}">${column}</option>`)}</datalist>`
  }
<div class="menu-foot">${button({ label: 'Filter rows', type: 'submit' })}</div></form></details>`
}

const TAKE_NOTHING = [
  ...['isblank', 'notblank', 'isnull', 'notnull'],
  ...['filemissing', 'fileunreadable', 'filetrashed', 'filegone'],
]

/** How many values an operator takes: styles show as many fields. */
function takes(operator: string): string | undefined {
  if (TAKE_NOTHING.includes(operator)) return 'none'
  return operator === 'between' ? 'two' : undefined
}
