import { type Html, html } from '../../web/html.ts'
import { attributes } from '../../web/parts/attributes.ts'

/** The box that puts a file among those that a form is about. */
export function selectCell({ id, filename }: { readonly id: string; readonly filename: string }): Html {
  return html`<label class="choice"><input${attributes({ type: 'checkbox', name: 'id', value: id, 'aria-label': `Select ${filename}` })}></label>`
}
