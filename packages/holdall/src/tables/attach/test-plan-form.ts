import type { TestApp } from '../pages/test-app.ts'

/**
 * The fields of a plan's form as its page would send them now: `row.0` and `typed.0` are said of the line in that place,
 * whose field names its file as well, beside the revision that was drawn.
 */
export async function planForm(
  app: TestApp,
  plan: string,
  fields: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  if (!Object.keys(fields).some((name) => SHORT.test(name))) return fields
  const page = await app.page(`${plan}?show=all`)
  const [, revision = ''] = /name="revision" value="(\d+)"/.exec(page) ?? []
  const named = [...page.matchAll(/name="((?:row|typed)\.\d+)\.(df-\w+)"/g)]
  const names = new Map(named.map(([, short = '', file]) => [short, `${short}.${file}`]))
  const full = Object.entries(fields).map(([name, value]) => [names.get(name) ?? name, value])
  return { revision, ...Object.fromEntries(full) }
}

const SHORT = /^(row|typed)\.\d+$/
