import { EditorView } from '@codemirror/view'

/**
 * Typing over what is selected. Left to the browser, it moves what stays with styles of its own, which the page's policy
 * forbids and the console notes; the editor would only read afterwards what it did.
 */
export const typingOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const text = event.data
    const { from, to } = replaced(view)
    if (event.inputType !== 'insertText' || !text || event.isComposing || from === to) return false
    const insert = () =>
      view.state.update({
        changes: { from, to, insert: view.state.toText(text) },
        selection: { anchor: from + text.length },
        userEvent: 'input.type',
        scrollIntoView: true,
      })
    const isTaken = view.state.facet(EditorView.inputHandler).some((take) => take(view, from, to, text, insert))
    if (!isTaken) view.dispatch(insert())
    return true
  },
})

/** What is selected in the page, which the editor may not have heard of yet. Where no browser tells it, what the editor knows. */
function replaced(view: EditorView): { readonly from: number; readonly to: number } {
  // Chromium's shadow roots tell theirs, though only documents have to.
  const selection = 'getSelection' in view.root ? (view.root as Document).getSelection() : null
  const { anchorNode, focusNode, anchorOffset = 0, focusOffset = 0 } = selection ?? {}
  if (!anchorNode || !focusNode || !view.contentDOM.contains(anchorNode) || !view.contentDOM.contains(focusNode))
    return view.state.selection.main
  const ends = [view.posAtDOM(anchorNode, anchorOffset), view.posAtDOM(focusNode, focusOffset)]
  return { from: Math.min(...ends), to: Math.max(...ends) }
}
