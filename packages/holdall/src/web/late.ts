/** What `make` gives, made when somebody asks for it: a formatter reads its whole language, and no start waits for that. */
export function late<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
