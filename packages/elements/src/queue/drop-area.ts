import { html, nothing, type TemplateResult } from 'lit'
import type { Held } from '../lib/dragging.ts'
import { acceptList } from '../lib/files.ts'
import { icon } from '../lib/templates.ts'

/** A place to drop files, and the ways to choose them. */
export interface Invitation {
  readonly held: Held
  readonly accept: string | null
  readonly note: string | null
  /** What was dropped and is not taken. */
  readonly problem: string | null
  /** What is dropped here. @default 'files' */
  readonly files?: string
  readonly choose: () => void
  /** Null where whole folders are not taken. */
  readonly chooseFolder: (() => void) | null
}

/** Where nothing is on its way yet. */
export function emptyQueue(invitation: Invitation): TemplateResult {
  const { held, note, choose, chooseFolder } = invitation
  const words =
    chooseFolder !== null
      ? 'Drop a folder or files here'
      : invitation.files === undefined
        ? 'Drop or paste files here'
        : `Drop ${invitation.files} here`
  const byFinger = `${chooseFolder !== null ? 'A folder or files' : (invitation.files ?? 'Files')} from this device`
  return html`<div class="panel"><div class="drop-area alone" ?data-held=${held === 'welcome'}>${icon('upload', 'icon huge')}<p>${heldWords(invitation) ?? html`<strong>${byPointer(words, byFinger)}</strong>`}${note ? html`<br />${note}` : nothing}</p>${
    chooseFolder === null
      ? html`<button class="button filled" type="button" data-control="choose" @click=${choose}>${icon('upload')}Choose files</button>`
      : html`<div class="actions"><button class="button filled" type="button" @click=${chooseFolder}>${icon('upload')}Choose folder</button><button class="button" type="button" data-control="choose" @click=${choose}>Choose files</button></div>`
  }${problemLine(invitation)}</div></div>`
}

/** At the end of a queue. */
export function moreFiles(invitation: Invitation): TemplateResult {
  return html`<div class="drop-area" ?data-held=${invitation.held === 'welcome'}>${icon('upload')}<span>${heldWords(invitation) ?? byPointer(invitation.files === undefined ? 'Drop or paste more files here' : `Drop more ${invitation.files} here`, `More ${invitation.files ?? 'files'}`)}</span><button class="button small" type="button" data-control="choose" @click=${invitation.choose}>Choose files</button>${problemLine(invitation)}</div>`
}

function problemLine({ problem }: Invitation): TemplateResult | typeof nothing {
  return problem === null ? nothing : html`<p class="not-taken" role="alert">${icon('info')}${problem}</p>`
}

/** Fingers neither drop nor paste. */
function byPointer(drop: string, touch: string): TemplateResult {
  return html`<span class="drop-words">${drop}</span><span class="touch-words">${touch}</span>`
}

function heldWords({ held, accept }: Invitation): string | null {
  if (held === 'unwelcome') return `Takes ${acceptList(accept) ?? 'other types'}`
  return held && 'Drop to upload'
}
