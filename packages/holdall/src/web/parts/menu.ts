import { type Html, html, safeUrl } from '../html.ts'
import { type AttributeValue, attributes } from './attributes.ts'
import { type ButtonKind, buttonClass, hiddenFields } from './button.ts'
import { type IconName, icon } from './icon.ts'

/** A link, or with `post` a form of one button. A label ends in "…" when a dialog or a question follows. */
export interface MenuItem {
  readonly label: string
  readonly href: string
  readonly post?: Readonly<Record<string, string>>
  readonly icon?: IconName
  readonly note?: string
  readonly danger?: boolean
  /** Other attributes of the link. */
  readonly more?: Readonly<Record<string, AttributeValue>>
}

export interface MenuOptions {
  readonly label: string
  /** Groups of items, what is dangerous last; empty groups are left out. */
  readonly groups: readonly (readonly MenuItem[])[]
  readonly icon?: IconName
  readonly iconOnly?: boolean
  readonly kind?: ButtonKind
  readonly small?: boolean
}

/** A button that opens a list; without scripts a plain disclosure. Nothing at all when there are no items. */
export function menu(options: MenuOptions): Html {
  const groups = options.groups.filter((group) => group.length > 0)
  if (groups.length === 0) return html``
  const { label, iconOnly } = options
  const name = iconOnly ? { 'aria-label': label, title: label } : {}
  return html`<details class="menu">
<summary class="${buttonClass(options)}"${attributes(name)}>${iconOnly ? icon(options.icon ?? 'more') : html`${options.icon && icon(options.icon)}${label}${icon('chevronDown')}`}</summary>
<div class="menu-panel">${menuGroups(groups)}</div>
</details>`
}

export function menuGroups(groups: readonly (readonly MenuItem[])[]): Html {
  return html`${groups.map((group) => html`<ul>${group.map((item) => html`<li>${menuItem(item)}</li>`)}</ul>`)}`
}

function menuItem(item: MenuItem): Html {
  const look = attributes({ class: item.danger ? 'danger' : null, ...item.more })
  const inside = html`${item.icon && icon(item.icon)}<span>${item.label}${item.note && html`<small>${item.note}</small>`}</span>`
  if (item.post === undefined) return html`<a href="${safeUrl(item.href)}"${look}>${inside}</a>`
  return html`<form method="post" action="${safeUrl(item.href)}">${hiddenFields(item.post)}<button type="submit"${look}>${inside}</button></form>`
}
