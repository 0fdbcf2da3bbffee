/**
 * `ae`, `oe`, `ue` for ä, ö, ü, which the index has without their dots. Not where German has none (`neue`, `Frauen`, `Quelle`), and
 * not at the end, where `blue` would find all that begins with `blu`.
 */
const DOTTED = /(?<![aeq])(?:ae|oe|ue)(?=.)/g
/** `ss` for ß, which the index keeps. */
const SHARP = /ss/g
/** A shorter word is too often another one without its `e`. */
const SHORTEST_DOTTED = 5
/** Places in one word that are written either way: each doubles what is looked up. */
const MAX_PLACES = 3

/** The ways in which a word that was asked for may stand in the index: itself first, last with every place rewritten. */
export function formsOf(term: string): string[] {
  const dotted = [...term].length < SHORTEST_DOTTED ? [] : [...term.matchAll(DOTTED)]
  const places = [...dotted, ...term.matchAll(SHARP)].sort((a, b) => a.index - b.index).slice(0, MAX_PLACES)
  return Array.from({ length: 2 ** places.length }, (_, chosen) => {
    let form = term
    // From the end, so that the places before stay where they are.
    for (let at = places.length - 1; at >= 0; at -= 1) {
      const { 0: written, index } = places[at] as RegExpExecArray
      if ((chosen & (1 << at)) === 0) continue
      form = form.slice(0, index) + (written === 'ss' ? 'ß' : written[0]) + form.slice(index + written.length)
    }
    return form
  })
}
