import { type Html, html, safeUrl } from '../html.ts'
import { type AttributeValue, attributes } from './attributes.ts'
import { type IconName, icon } from './icon.ts'

/** `filled` at most once a page or dialog; `danger` is red text, `danger-filled` only in a dialog that confirms. */
export type ButtonKind = 'outlined' | 'filled' | 'quiet' | 'danger' | 'danger-filled'

export interface ButtonLook {
  /** Verb and object: "Save row". */
  readonly label: string
  readonly kind?: ButtonKind
  readonly icon?: IconName
  readonly endIcon?: IconName
  readonly small?: boolean
  /** Only the icon shows; the label is its name. */
  readonly iconOnly?: boolean
  /** Further attributes, such as `data-copy`. */
  readonly more?: Readonly<Record<string, AttributeValue>>
}

export interface ButtonOptions extends ButtonLook {
  readonly type?: 'submit' | 'button'
  readonly name?: string
  readonly value?: string
  /** The id of a form that the button stands outside of. */
  readonly form?: string
}

export interface LinkButtonOptions extends ButtonLook {
  readonly href: string
}

export function button(options: ButtonOptions): Html {
  const { type = 'button', name, value, form } = options
  return html`<button class="${buttonClass(options)}"${attributes({ type, name, value, form, ...named(options), ...options.more })}>${inside(options)}</button>`
}

/** A link that looks like a button: for what leads somewhere. */
export function linkButton(options: LinkButtonOptions): Html {
  return html`<a class="${buttonClass(options)}" href="${safeUrl(options.href)}"${attributes({ ...named(options), ...options.more })}>${inside(options)}</a>`
}

/** What a button would be if there were something to do: a first page when it is shown already. */
export function deadButton(options: ButtonLook): Html {
  return html`<span class="${buttonClass(options)}" aria-disabled="true">${inside(options)}</span>`
}

export function buttonClass({ kind = 'outlined', small, iconOnly }: Omit<ButtonLook, 'label'>): string {
  const classes = ['button']
  if (kind === 'danger-filled') classes.push('danger', 'filled')
  else if (kind !== 'outlined') classes.push(kind)
  if (small) classes.push('small')
  if (iconOnly) classes.push('only-icon')
  return classes.join(' ')
}

function named({ label, iconOnly }: ButtonLook): Record<string, AttributeValue> {
  return iconOnly ? { 'aria-label': label, title: label } : {}
}

function inside(options: ButtonLook): Html {
  const words = options.iconOnly ? '' : options.label
  return html`${options.icon && icon(options.icon)}${words}${options.endIcon && icon(options.endIcon)}`
}

/** A form of one button, for what a POST does. */
export function postButton(
  action: string,
  options: ButtonOptions,
  fields: Readonly<Record<string, string>> = {},
): Html {
  return html`<form method="post" action="${safeUrl(action)}">${hiddenFields(fields)}${button({ ...options, type: 'submit' })}</form>`
}

export function hiddenFields(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}

/**
 * Copies a text. It appears only where the page's script runs.
 *
 * @param label what it does: "Copy the link"
 * @param shown what of that shows beside the icon: "Copy"
 */
export function copyButton(text: string, label: string, shown?: string): Html {
  return button({
    label: shown ?? label,
    icon: 'copy',
    kind: 'quiet',
    small: true,
    iconOnly: shown === undefined,
    more: { 'data-copy': text, ...(shown !== undefined && { 'aria-label': label }), hidden: true },
  })
}
