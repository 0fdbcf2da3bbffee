import { HighlightStyle } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** Words of SQL in the colours of the page, which follow its theme. */
export const tokens = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--accent-text)' },
  { tag: tags.string, color: 'var(--success)' },
  // Names in quotes.
  { tag: tags.special(tags.string), color: 'var(--text)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--info)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--text-faint)', fontStyle: 'italic' },
])

const LINE_HEIGHT = 1.65

/** @param rows how high it is at least, in lines */
export function look(rows: number): Extension {
  return EditorView.theme({
    '&': { color: 'var(--text)', backgroundColor: 'transparent', fontSize: 'inherit' },
    '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px', borderRadius: 'var(--r-sm)' },
    '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: String(LINE_HEIGHT) },
    '.cm-content': {
      padding: 'var(--s-3) 0',
      minHeight: `calc(${rows * LINE_HEIGHT}em + 2 * var(--s-3))`,
      caretColor: 'var(--text)',
    },
    '.cm-line': { padding: '0 var(--s-4) 0 var(--s-2)' },
    '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--text-faint)', border: '0' },
    '.cm-lineNumbers .cm-gutterElement': { minWidth: '3em', padding: '0 var(--s-2)' },
    '.cm-cursor': { borderLeftColor: 'var(--text)' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
      background: 'var(--accent-soft)',
    },
    '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', color: 'inherit' },
    '.cm-tooltip': {
      border: '1px solid var(--border-strong)',
      borderRadius: 'var(--r-md, 6px)',
      backgroundColor: 'var(--surface-raised)',
      color: 'var(--text)',
      overflow: 'hidden',
    },
    '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '16em' },
    '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 10px' },
    '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
      backgroundColor: 'var(--accent-soft)',
      color: 'var(--text)',
    },
    '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
    '.cm-completionDetail': { color: 'var(--text-muted)', fontStyle: 'normal' },
  })
}
