import { type Html, html, safeUrl } from '../html.ts'
import { attributes } from './attributes.ts'
import { icon } from './icon.ts'

export interface InputOptions {
  readonly name: string
  readonly id?: string
  readonly value?: string
  readonly type?: 'text' | 'search' | 'number' | 'date' | 'datetime-local' | 'password' | 'file' | 'email' | 'url'
  readonly placeholder?: string
  readonly required?: boolean
  readonly readOnly?: boolean
  readonly disabled?: boolean
  /** Only as wide as a number or a date. */
  readonly short?: boolean
  /** Source text: a monospace area. */
  readonly code?: boolean
  readonly invalid?: boolean
  readonly describedBy?: string
  /** A name where no label shows. */
  readonly label?: string
  readonly autocomplete?: string
  readonly inputMode?: 'numeric' | 'decimal'
  readonly accept?: string
  readonly multiple?: boolean
  readonly autofocus?: boolean
  /** The id of a `<datalist>` with values to choose among. */
  readonly list?: string
}

export function textInput(options: InputOptions): Html {
  const { type = 'text', value, placeholder, accept, multiple, list } = options
  return html`<input${shared(options)}${attributes({ type, value: type === 'file' ? null : value, placeholder, accept, multiple, list })}>`
}

export function textArea(options: InputOptions & { readonly rows?: number }): Html {
  // The line break after the tag is dropped by parsers; without it a value's own first one would be.
  return html`<textarea${shared(options)}${attributes({ rows: options.rows ?? 4, spellcheck: options.code ? 'false' : null })}>
${options.value ?? ''}</textarea>`
}

export interface SelectOption {
  readonly value: string
  readonly label: string
  /** What sort of choice it is, for styles: `data-kind`. */
  readonly kind?: string
}

export interface SelectGroup {
  readonly label: string
  readonly options: readonly SelectOption[]
}

export function selectInput(
  options: Omit<InputOptions, 'type'> & {
    readonly options: readonly (SelectOption | SelectGroup)[]
    readonly submits?: boolean
  },
): Html {
  const option = ({ value, label, kind }: SelectOption) =>
    html`<option${attributes({ value, selected: value === options.value, 'data-kind': kind })}>${label}</option>`
  return html`<span class="select"><select${shared(options)}${attributes({ 'data-submits': options.submits })}>${options.options.map(
    (entry) =>
      'options' in entry
        ? html`<optgroup label="${entry.label}">${entry.options.map(option)}</optgroup>`
        : option(entry),
  )}</select>${icon('chevronDown')}</span>`
}

/**
 * A search field; `/` moves to the first one of a page.
 * @param clearHref where the page is without the search
 */
export function searchInput(options: InputOptions, clearHref?: string): Html {
  const label = html`<label class="search"><span class="unseen">${options.label}</span>${icon('search')}${textInput({ ...options, label: undefined, type: 'search' })}</label>`
  if (clearHref === undefined) return label
  return html`<span class="search clearable">${label}<a class="search-clear" href="${safeUrl(clearHref)}" aria-label="Clear search" title="Clear search">${icon('close')}</a></span>`
}

export interface ChoiceOptions {
  readonly name: string
  readonly value: string
  readonly label: string
  readonly checked?: boolean
  readonly disabled?: boolean
  readonly required?: boolean
}

export function checkbox(options: ChoiceOptions): Html {
  return choice('checkbox', options)
}

export function radio(options: ChoiceOptions): Html {
  return choice('radio', options)
}

function choice(type: 'checkbox' | 'radio', { label, ...options }: ChoiceOptions): Html {
  return html`<label class="choice"><input${attributes({ type, ...options })}>${label}</label>`
}

function shared(options: Omit<InputOptions, 'type'>): Html {
  const className = ['input', options.short && 'short', options.code && 'code'].filter(Boolean).join(' ')
  return attributes({
    class: className,
    id: options.id,
    name: options.name,
    required: options.required,
    readonly: options.readOnly,
    disabled: options.disabled,
    'aria-invalid': options.invalid ? 'true' : null,
    'aria-describedby': options.describedBy,
    'aria-label': options.label,
    autocomplete: options.autocomplete,
    inputmode: options.inputMode,
    autofocus: options.autofocus,
  })
}
