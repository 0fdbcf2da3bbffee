import { isChanged } from './changes.ts'
import { adoptLive } from './live.ts'

/**
 * A form with `data-decides` keeps each choice as soon as it is made, and shows what the server says of all of them: its
 * parts with `data-live`. So its numbers are the server's at every moment. Without scripts that happens with each button.
 */
export function keepDecisions(send: typeof fetch): void {
  const form = document.querySelector<HTMLFormElement>('form[data-decides]')
  if (!form) return
  const stop = new AbortController()
  let isSending = false
  let changed = false
  let released: Promise<unknown> | null = null

  async function keep(): Promise<void> {
    changed = true
    if (isSending) return
    isSending = true
    while (changed && !stop.signal.aborted) {
      changed = false
      const sent = decisionsIn(form as HTMLFormElement)
      const fields = new URLSearchParams([...new FormData(form as HTMLFormElement)] as [string, string][])
      fields.set('go', 'save')
      try {
        const answer = await send((form as HTMLFormElement).action, {
          method: 'POST',
          body: fields,
          headers: { Accept: 'text/html' },
          signal: stop.signal,
        })
        if (answer.status === 409) {
          await released
          // Nothing is decided on this page any more: the one that answers says so, and shows what there is.
          if (!stop.signal.aborted) (form as HTMLFormElement).requestSubmit()
          return
        }
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
        // A form that is refused in part has kept the rest.
        if (answer.ok || answer.status === 400) markKept(sent, page)
        // What is being pressed must not be taken away before it is let go.
        await released
        if (!stop.signal.aborted) adoptLive(page)
      } catch {
        // The form sends everything once more.
      }
    }
    isSending = false
  }

  form.addEventListener('pointerdown', () => {
    released = new Promise((resolve) => {
      for (const end of ['pointerup', 'pointercancel'])
        addEventListener(end, () => setTimeout(resolve), { once: true, signal: stop.signal })
    })
  })
  form.addEventListener('change', (event) => {
    const { name = '' } = event.target as HTMLInputElement
    if (DECISION.test(name)) keep()
  })
  form.addEventListener('submit', () => stop.abort())
  // What nobody has touched here says nothing: another tab may have decided it since.
  form.addEventListener('formdata', ({ formData }) => {
    for (const field of decisionFields(form)) if (!isChanged(field) && !isRefused(field)) formData.delete(field.name)
  })
}

/** The fields that say where a file goes. */
const DECISION = /^(row|typed)\./

type Decision = HTMLInputElement | HTMLSelectElement

function decisionFields(form: HTMLFormElement): Decision[] {
  return [...form.elements].filter((field) => DECISION.test((field as Decision).name ?? '')) as Decision[]
}

/** What stands in them at this moment. */
function decisionsIn(form: HTMLFormElement): Map<Decision, string> {
  return new Map(decisionFields(form).map((field) => [field, field.value]))
}

/** It came with what was refused in it, which nobody has kept. */
function isRefused(field: Decision): boolean {
  return field.getAttribute('aria-invalid') === 'true'
}

/** The server has it: leaving the page loses nothing of it. @param page what it answered, which says what it did not take */
function markKept(sent: ReadonlyMap<Decision, string>, page: Document): void {
  const refused = new Set(
    [...page.querySelectorAll<HTMLInputElement>('input[aria-invalid="true"]')].map(({ name }) => name),
  )
  for (const [field, value] of sent) {
    if (field.value !== value || refused.has(field.name)) continue
    if (field instanceof HTMLInputElement) field.defaultValue = value
    else for (const option of field.options) option.defaultSelected = option.value === value
  }
}
