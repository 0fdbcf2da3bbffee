const REMEMBERED_AS = 'holdall-single-keys'

let off = remembered()

/**
 * Whether keys without Ctrl, Alt or ⌘ do something. They get in the way of speech input and of slips, so people can
 * switch them off; the browser remembers it, where it may.
 */
export function singleKeysWork(): boolean {
  return !off
}

export function setSingleKeys(work: boolean): void {
  off = !work
  try {
    if (work) localStorage.removeItem(REMEMBERED_AS)
    else localStorage.setItem(REMEMBERED_AS, 'off')
  } catch {
    // Nothing may be remembered here: it holds for this page.
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED_AS) === 'off'
  } catch {
    return false
  }
}
