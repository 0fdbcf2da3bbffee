import { announce } from '../lib/announce.ts'
import { formatCount } from '../lib/format.ts'
import { changedFields, fileFields } from './changes.ts'

/** Changes that are named; more are counted. */
const MAX_NAMED = 4

/**
 * Forms with `data-save` say what has changed and wait for their uploads: a press on Save is accepted at once and
 * carried out when the last one has ended. A file that was refused or whose upload failed stops it, because saving would
 * silently leave it out.
 */
export function followForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-save]')) follow(form)
}

function follow(form: HTMLFormElement): void {
  const state = form.querySelector<HTMLElement>('[data-form-state]')
  let waiting: HTMLElement | null | undefined

  function say(): void {
    if (!state) return
    const changes = changedFields(form)
    const uploads = pendingUploads(form)
    const words = changes.length === 0 ? [] : [changesWords(changes)]
    if (uploads > 0)
      words.push(waiting === undefined ? `Saving waits for ${formatCount(uploads, 'upload')}.` : savesWhen(uploads))
    state.textContent = words.join(' ')
  }

  form.addEventListener('input', say)
  form.addEventListener('change', say)
  form.addEventListener('file-field-change', async () => {
    say()
    if (waiting === undefined || fileFields(form).some((field) => field.pending > 0)) return
    const submitter = waiting
    waiting = undefined
    // The inputs that the form sends are drawn a moment later.
    await Promise.all(fileFields(form).map((field) => field.updateComplete))
    form.requestSubmit(submitter)
  })
  form.addEventListener('submit', (event) => {
    const failed = fileFields(form).find((field) => field.failed > 0)
    if (failed) {
      event.preventDefault()
      waiting = undefined
      const text = `Not saved: ${failed.problem}`
      if (state) state.textContent = text
      announce(text)
      failed.focus()
      failed.scrollIntoView({ block: 'center' })
    } else if (fileFields(form).some((field) => field.pending > 0)) {
      event.preventDefault()
      waiting = (event as SubmitEvent).submitter
      for (const field of fileFields(form)) field.goOn()
      say()
      announce(savesWhen(pendingUploads(form)))
    }
  })
  // A page that comes back from the browser's cache keeps its fields and has to say so.
  addEventListener('pageshow', say)
}

function pendingUploads(form: HTMLFormElement): number {
  return fileFields(form).reduce((sum, field) => sum + field.pending, 0)
}

/** `2 changes: title, photo.` */
function changesWords(changes: readonly string[]): string {
  const named = changes.slice(0, MAX_NAMED)
  const more = changes.length - named.length
  return `${formatCount(changes.length, 'change')}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

/** What a press on Save comes to while files are still being sent. */
function savesWhen(uploads: number): string {
  return `Saves when ${formatCount(uploads, 'upload')} ${uploads === 1 ? 'has' : 'have'} ended.`
}
