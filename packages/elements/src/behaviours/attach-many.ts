import type { FileMatcher } from '../file-matcher.ts'
import { sayNotTaken, takeDrops } from '../lib/dragging.ts'
import { acceptsType } from '../lib/files.ts'
import { formatCount } from '../lib/format.ts'

/** What the head of a file column says about attaching many: the attributes of `<file-matcher>`. */
type Attributes = Readonly<Record<string, string | number | null>>

/** A folder, or several files, dropped onto the head of a file column are matched to the rows of the table. */
export function takeManyFiles(): void {
  for (const head of document.querySelectorAll<HTMLElement>('th[data-attach]')) {
    const attributes = JSON.parse(head.dataset.attach ?? '{}') as Attributes
    takeDrops(head, {
      enabled: () => true,
      folders: true,
      takes: (type) => type === '' || acceptsType(String(attributes.accept ?? ''), type),
      held: (what) => head.toggleAttribute('data-held', what === 'welcome'),
      dropped: (files) => open(attributes, files),
      said: sayNotTaken,
    })
  }
}

function open(attributes: Attributes, files: File[]): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'wide'
  const title = document.createElement('h2')
  title.id = 'attach-many-title'
  title.textContent = `Attach ${formatCount(files.length, 'file')} to ${attributes.column}`
  dialog.setAttribute('aria-labelledby', title.id)
  const matcher = document.createElement('file-matcher') as FileMatcher
  for (const [name, value] of Object.entries(attributes)) if (value !== null) matcher.setAttribute(name, String(value))
  const body = document.createElement('div')
  body.className = 'dialog-body'
  body.append(matcher)
  const cancel = document.createElement('button')
  cancel.type = 'button'
  cancel.className = 'button'
  cancel.textContent = 'Cancel'
  cancel.addEventListener('click', () => dialog.close())
  const foot = document.createElement('div')
  foot.className = 'dialog-foot'
  foot.append(cancel)
  dialog.append(title, body, foot)
  // Leaving the page's tree ends the queue with all its uploads.
  dialog.addEventListener('close', () => {
    matcher.cancel()
    dialog.remove()
  })
  document.body.append(dialog)
  dialog.showModal()
  matcher.add(files)
}
