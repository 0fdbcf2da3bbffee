/** As much of a file as tells where it lies. */
interface Placed {
  readonly path: string
}

/**
 * Which of some missing files are which of some new ones, all with the same bytes. Those with the same name belong
 * together, and of several those whose folders are called the same; what is left is a pair when it is one and one.
 * Whatever could be two things is left out.
 */
export function pairsOf<Missing extends Placed, Found extends Placed>(
  missing: readonly Missing[],
  found: readonly Found[],
): [Missing, Found][] {
  const pairs: [Missing, Found][] = []
  let old = missing
  let fresh = found
  for (let parts = deepest(missing); parts >= 0 && old.length > 0 && fresh.length > 0; parts -= 1) {
    const byEnd = Map.groupBy(fresh, ({ path }) => endOf(path, parts))
    const taken = new Set<Placed>()
    for (const [end, same] of Map.groupBy(old, ({ path }) => endOf(path, parts))) {
      const others = byEnd.get(end) ?? []
      const [one] = same
      const [other] = others
      if (one === undefined || other === undefined || same.length > 1 || others.length > 1) continue
      pairs.push([one, other])
      taken.add(one).add(other)
    }
    old = old.filter((file) => !taken.has(file))
    fresh = fresh.filter((file) => !taken.has(file))
  }
  return pairs
}

function deepest(files: readonly Placed[]): number {
  return Math.max(0, ...files.map(({ path }) => path.split('/').length))
}

/** The last parts of a path; one that has fewer has another end than every longer one. */
export function endOf(path: string, parts: number): string {
  const all = path.split('/')
  return all.length < parts ? `/${path}` : all.slice(all.length - parts).join('/')
}
