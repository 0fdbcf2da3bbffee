import { basename } from 'node:path'
import type { AllowBlock, Config, PermissionRule } from '../config/config.ts'
import { type Html, html } from '../web/html.ts'
import { actionWords } from './action-words.ts'
import { formatResource, resourceWords } from './levels.ts'
import { panelTable } from './panel-table.ts'

/** What the file is called where people read about it. */
export function fileName(config: Pick<Config, 'file'>): string {
  return config.file === undefined ? 'the command line' : basename(config.file)
}

/** Whom the file is read for. */
export interface RulesReader {
  readonly id: string
  /** Of each rule, in their order: whether it includes the person, in words. */
  readonly includes: readonly string[]
}

/** What the file says about who may do what, to be read and not changed here. */
export function fileRulesSection(config: Pick<Config, 'rules' | 'file'>, person?: RulesReader): Html {
  if (config.rules.length === 0) return html``
  const columns = ['What they may do', 'Where', 'Who may', 'Line of the file']
  return html`<section><div class="section-head"><h2>Set in ${fileName(config)}</h2></div>
${panelTable({
  caption: `Set in ${fileName(config)}`,
  columns: [...columns, ...(person === undefined ? [] : [`Includes ${person.id}`])].map((label) => ({ label })),
  rows: config.rules.map((rule, at) => ({
    cells: [
      ruleWords(rule),
      resourceWords(rule.resource),
      allowWords(rule.allow),
      html`<code>${rule.path}</code>`,
      ...(person === undefined ? [] : [person.includes[at] ?? 'no']),
    ],
  })),
})}<p class="hint">Where the file says who may do something, that counts and not what is granted here. Change it in the file, then restart.</p></section>`
}

function ruleWords({ action, resource }: PermissionRule): Html {
  const words = actionWords(action, resource.child ?? resource.parent ?? 'everything')
  return words === undefined ? html`${action}` : html`<span>${words} <span class="muted">${action}</span></span>`
}

/** An allow block in words: "everybody", "id alice or bob". */
export function allowWords(allow: AllowBlock): string {
  if (allow === true) return 'everybody'
  if (allow === false) return 'nobody'
  const ways = Object.entries(allow).map(([key, value]) => {
    if (key === 'unauthenticated') return value === true ? 'whoever has not signed in' : ''
    if (value === '*') return `any ${key}`
    return `${key} ${(Array.isArray(value) ? value : [value]).join(' or ')}`
  })
  return ways.filter((way) => way !== '').join(', or ') || 'nobody'
}

export function ruleJson(rule: PermissionRule) {
  return { action: rule.action, resource: formatResource(rule.resource), allow: rule.allow, path: rule.path }
}
