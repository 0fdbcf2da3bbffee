import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { language } from './language.ts'
import { look, tokens } from './look.ts'
import { typingOver } from './typing-over.ts'
import { readWords } from './words.ts'

/**
 * Puts an editor in the place of a text area, which stays in its form with what the editor holds. The editor stands in a
 * shadow root, where its styles need no leave from the page's policy.
 */
export function takeOver(area: HTMLTextAreaElement): void {
  const label = area.labels[0]
  // Somebody may have begun to write while the editor was on its way.
  const hadFocus = document.activeElement === area
  const selection = { anchor: area.selectionStart, head: area.selectionEnd }
  const host = document.createElement('div')
  host.className = 'sql-view'
  const root = host.attachShadow({ mode: 'open' })
  area.before(host)
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: area.value,
      selection,
      extensions: [
        lineNumbers(),
        EditorView.lineWrapping,
        history(),
        drawSelection(),
        bracketMatching(),
        closeBrackets(),
        typingOver,
        autocompletion({ icons: false }),
        language(readWords(area)),
        syntaxHighlighting(tokens),
        look(area.rows),
        EditorView.contentAttributes.of(() => ({
          'aria-label': label?.textContent ?? 'SQL',
          ...(area.getAttribute('aria-invalid') === 'true' && { 'aria-invalid': 'true' }),
          spellcheck: 'false',
          autocapitalize: 'off',
        })),
        // Tab takes what an open list offers; else it leaves the editor.
        keymap.of([
          { key: 'Mod-Enter', run: () => submit(area) },
          { key: 'Tab', run: accept },
          ...[...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap],
        ]),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) area.value = state.doc.toString()
        }),
      ],
    }),
  })
  area.hidden = true
  if (hadFocus) view.focus()
  // Whoever has looked through the statement says so of the area; the editor's attributes are asked for anew.
  area.addEventListener('invalidated', () => view.dispatch({}))
  label?.addEventListener('click', () => view.focus())
  // A page that comes back from the browser's cache has put its own text into the area.
  addEventListener('pageshow', () => {
    if (area.value !== view.state.doc.toString())
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } })
  })
}

/** A list that has just come open takes nothing yet, and keeps the focus here all the same. */
function accept(view: EditorView): boolean {
  return acceptCompletion(view) || completionStatus(view.state) === 'active'
}

function submit({ form }: HTMLTextAreaElement): boolean {
  form?.requestSubmit()
  return true
}
