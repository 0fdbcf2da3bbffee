import { html, nothing, render, type TemplateResult } from 'lit'
import { setSingleKeys, singleKeysWork } from '../lib/single-keys.ts'

const CTRL = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl'
const FILES = 'file-cell, file-column-input'
const SELECTING = 'form[data-selecting]'
const SEVERAL_FILES = ':is(file-cell, file-column-input)[multiple]'

/** What keys do, and what has to be on the page for it: a list teaches only what works where it is read. */
const KEYS: readonly {
  readonly title: string
  readonly keys: readonly { readonly key: string; readonly does: string; readonly on?: string }[]
}[] = [
  {
    title: 'Anywhere',
    keys: [
      { key: '/', does: 'Search', on: 'input[type=search]' },
      { key: '?', does: 'Show these keys' },
      { key: 'Esc', does: 'Close what is on top' },
      { key: `${CTRL} Z`, does: 'Undo what was just done', on: '.toast :is(.undo, [data-undo])' },
      { key: '↑ ↓', does: 'Move in an open menu', on: 'details.menu' },
      { key: '← →', does: 'Go to the previous or the next of the list', on: '.neighbours' },
    ],
  },
  {
    title: 'Cells and fields of files',
    keys: [
      { key: 'Enter', does: 'Open the file; choose one where there is none', on: FILES },
      { key: `${CTRL} V`, does: 'Paste a file', on: FILES },
      { key: 'Delete', does: 'Detach the file, with Undo', on: FILES },
      { key: 'Alt ↑ ↓', does: 'Move the file among several', on: SEVERAL_FILES },
    ],
  },
  {
    title: 'Files to select',
    keys: [
      { key: '← ↑ ↓ →', does: 'Move among the files', on: SELECTING },
      { key: 'Space', does: 'Select the file, or let it go', on: SELECTING },
      { key: 'Shift', does: 'With an arrow or a press: select what is between', on: SELECTING },
      { key: `${CTRL} A`, does: 'Select the page', on: SELECTING },
      { key: 'Enter', does: 'Open the file', on: SELECTING },
      { key: 'Delete', does: 'Move what is selected to the trash; there, delete it for good', on: SELECTING },
    ],
  },
  { title: 'This form', keys: [{ key: `${CTRL} S`, does: 'Save', on: 'form[data-save]' }] },
]

/** Buttons with `data-key-list` open the list; without scripts there are no keys, and the buttons stay hidden. */
export function offerKeyList(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-key-list]')) {
    button.hidden = false
    button.addEventListener('click', openKeyList)
  }
}

/** A dialog with the keys of this page, and the switch for those that are single. Esc closes it. */
export function openKeyList(): void {
  const dialog = document.createElement('dialog')
  dialog.setAttribute('aria-labelledby', 'key-list-title')
  render(content(), dialog)
  document.body.append(dialog)
  dialog.addEventListener('close', () => dialog.remove())
  dialog.showModal()
}

function content(): TemplateResult {
  const groups = KEYS.map(({ title, keys }) => ({
    title,
    keys: keys.filter(({ on }) => on === undefined || document.querySelector(on)),
  }))
  return html`<form method="dialog">
    <h2 id="key-list-title">Keyboard shortcuts</h2>
    <div class="dialog-body key-list">
      ${groups.map(({ title, keys }) => (keys.length === 0 ? nothing : html`<h3>${title}</h3><dl class="facts keys">${keys.map(({ key, does }) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>`))}
      <label class="choice"><input type="checkbox" aria-describedby="key-list-hint" .checked=${singleKeysWork()} @change=${switched} />Single keys: / and ?</label>
      <p class="hint" id="key-list-hint">They are silent while you type in a field. Switched off, this list is under “Keyboard shortcuts” at the foot of each page.</p>
    </div>
    <div class="dialog-foot"><button class="button" type="submit" autofocus>Close</button></div>
  </form>`
}

function switched(event: Event): void {
  setSingleKeys((event.target as HTMLInputElement).checked)
}
