/** Pictures up to this size are shown while they are sent; larger ones would be decoded whole for a thumbnail. */
const LARGEST = 30_000_000
const SHOWN = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'])

/** A picture that is sent, as it is shown meanwhile. */
export interface Picture {
  /** An object URL, made when it is first asked for; null of what is no picture, or is too large. */
  readonly url: string | null
  /** It is shown no more: its bytes are no picture, or nobody sees it. */
  drop(): void
}

export function createPicture(file: File): Picture {
  let url: string | null | undefined
  return {
    get url() {
      if (url === undefined) {
        url = SHOWN.has(file.type) && file.size <= LARGEST ? URL.createObjectURL(file) : null
      }
      return url
    },
    drop() {
      if (url) URL.revokeObjectURL(url)
      url = null
    },
  }
}
