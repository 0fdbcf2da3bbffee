import { requestJson } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'

/** The description of a file that another one has taken the place of. */
export interface Offer {
  /** The ids of both. */
  readonly from: string
  readonly to: string
  /** What the one before is called. */
  readonly name: string
  readonly description: string
  /** Why it was not copied when that was asked for, or not taken out again. */
  readonly problem?: string
  /** It was copied: there is nothing more to answer. */
  readonly over?: boolean
}

export type Address = (path: string) => string

/** Null where there is nothing to copy, as far as the server says. */
export async function offerFor(
  address: Address,
  before: { readonly id: string; readonly name: string },
  now: string,
): Promise<Offer | null> {
  const { id: from, name } = before
  try {
    const { description } = await requestJson(`${address(`-/files/${now}/-/description.json`)}?from=${from}`)
    if (typeof description !== 'string') return null
    return { from, to: now, name, description }
  } catch {
    // The file is in its place all the same.
    return null
  }
}

/** @returns what takes it back, unless somebody has written something else since */
export async function copyDescription(
  address: Address,
  { from, to, description }: Offer,
): Promise<() => Promise<void>> {
  await requestJson(address(`-/files/${to}/-/description`), { from })
  return async () => {
    const file = await requestJson(address(`-/files/${to}.json`))
    if (file.search_text !== description) throw new Error('The description has changed since, and was left as it is.')
    await requestJson(address(`-/files/${to}/-/update`), { update: { search_text: null } })
  }
}

/** Below the file that has just come: what can be copied, and what it says. */
export function offerNote(
  { name, description, problem, over = false }: Offer,
  { copy, leave }: { readonly copy: () => void; readonly leave: () => void },
): TemplateResult {
  const said =
    problem === undefined
      ? html`<span title=${description}>${name} has a description.</span>`
      : html`<span class="file-problem">${problem}</span>`
  return html`<span class="cell-problem">${said}<span class="cell-answers">${
    over
      ? nothing
      : html`<button class="button small" type="button" title=${description} @click=${copy}>Copy it</button>`
  }<button class="button quiet small" type="button" @click=${leave}>${over ? 'Dismiss' : 'Leave it'}</button></span></span>`
}
