import { type Html, html } from '../html.ts'
import { tildeEncode } from '../url.ts'
import { attributes } from './attributes.ts'
import { icon } from './icon.ts'

/** The id of a field's control, from its name whatever that contains; links of an error summary lead to it. */
export function fieldId(name: string): string {
  return `field-${tildeEncode(name)}`
}

export interface FieldOptions {
  readonly name: string
  /** Default: the name. */
  readonly label?: string
  readonly hint?: string | Html
  /** What is wrong, and what would be right. */
  readonly error?: string
  /** Makes the control from what ties it to its label, hint and error. */
  readonly control: (tied: {
    readonly id: string
    readonly describedBy: string | undefined
    readonly invalid: boolean
  }) => Html
  /** For a control of several parts: the label names the group. */
  readonly group?: boolean
  /** As wide as both columns of a `.fields` grid. */
  readonly whole?: boolean
}

/** Label above the control, hint and error below it. */
export function field(options: FieldOptions): Html {
  const { label, below, control } = tie(options)
  return html`<div class="${options.whole ? 'field whole' : 'field'}"${groupAttributes(options)}>${label}${control}${below}</div>`
}

/** A field of a row's form: label and type left, control right. `type` is one line, `integer · required`. */
export function formRow(options: FieldOptions & { readonly type?: string }): Html {
  const { label, below, control } = tie(options)
  const type = options.type && html`<span class="field-type">${options.type}</span>`
  return html`<div class="${options.error ? 'form-row wrong' : 'form-row'}"${groupAttributes(options)}><div class="form-row-label">${label}${type}</div><div>${control}${below}</div></div>`
}

function tie(options: FieldOptions): { label: Html; control: Html; below: Html } {
  const id = fieldId(options.name)
  const { hint, error } = options
  const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  const words = options.label ?? options.name
  return {
    label: options.group
      ? html`<span class="field-label" id="${id}-label">${words}</span>`
      : html`<label class="field-label" for="${id}">${words}</label>`,
    control: options.control({ id, describedBy, invalid: error !== undefined }),
    below: html`${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}${error && fieldError(error, `${id}-error`)}`,
  }
}

function groupAttributes(options: FieldOptions): Html {
  return attributes(options.group ? { role: 'group', 'aria-labelledby': `${fieldId(options.name)}-label` } : {})
}

export function fieldError(message: string, id?: string): Html {
  return html`<p class="field-error"${attributes({ id })}>${icon('error')}<span>${message}</span></p>`
}

/**
 * What a refused form says first. Each message links to its field; messages without one stand alone.
 * @param what what did not happen: "Not saved"
 */
export function errorSummary(
  what: string,
  errors: readonly { readonly field?: string; readonly label?: string; readonly message: string }[],
): Html {
  const fields = errors.filter((error) => error.field !== undefined).length
  const count = fields === 0 ? '' : fields === 1 ? ' One field needs a change.' : ` ${fields} fields need a change.`
  const lines = errors.map(({ field, label, message }) =>
    field === undefined
      ? html`<p>${message}</p>`
      : html`<p><a href="#${fieldId(field)}">${label ?? field}</a>: ${message}</p>`,
  )
  return html`<div class="notice danger" role="alert" tabindex="-1" data-error-summary>${icon('error')}<div class="grow"><p><strong>${what}.${count}</strong></p>${lines}</div></div>`
}

/** The bar under a long form; `state` is filled by the page's script: changes, and what saving waits for. */
export function saveBar(actions: Html): Html {
  return html`<div class="save-bar"><span class="fine muted" data-form-state></span><div class="actions">${actions}</div></div>`
}
