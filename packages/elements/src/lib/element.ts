import { LitElement } from 'lit'
import { watchDragging } from './dragging.ts'

/**
 * What the components share: they render into the page itself, so that its stylesheet applies, and they know where the
 * server is. `base` is the server's `base_url`, ending in a slash.
 */
export class HoldallElement extends LitElement {
  static override properties = {
    base: {},
    source: {},
    accept: {},
    maxSize: { type: Number, attribute: 'max-size' },
  }
  declare base: string
  declare source: string | null
  declare accept: string | null
  declare maxSize: number | null

  constructor() {
    super()
    this.base = '/'
    this.source = null
    this.accept = null
    this.maxSize = null
  }

  override createRenderRoot(): HTMLElement {
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    watchDragging()
  }

  /** An address of the server, from a path without a leading slash. */
  protected address(path: string): string {
    return this.base.replace(/\/*$/, '/') + path
  }
}
