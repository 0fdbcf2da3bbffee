/** As the server makes one of a name when none is sent. */
const MAX_LENGTH = 60

/** A form with `data-suggests-id` fills in the id while a name is typed, until somebody writes another one. */
export function suggestIds(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-suggests-id]')) {
    const [label, id] = ['label', 'id'].map((name) => form.elements.namedItem(name))
    if (!(label instanceof HTMLInputElement) || !(id instanceof HTMLInputElement)) continue
    let suggested = idFrom(label.value)
    label.addEventListener('input', () => {
      const isOurs = id.value === '' || id.value === suggested
      suggested = idFrom(label.value)
      if (isOurs) id.value = suggested
    })
  }
}

function idFrom(label: string): string {
  const plain = label.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss')
  const dashed = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '')
  return dashed.slice(0, MAX_LENGTH).replace(/-+$/, '')
}
