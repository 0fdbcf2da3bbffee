import type { MuseumObject } from './objects.ts'
import { writePdf } from './pdf.ts'
import type { Random } from './random.ts'

const READINGS = 96
const HOURS = 6

/** A conservator's report on an object, as PDF. */
export function conditionReport(object: MuseumObject, random: Random): Buffer {
  const temperature = random.between(17, 20)
  return writePdf(`Condition report ${object.accession_no}`, [
    object.title,
    `Material: ${object.material}. Height: ${object.height_mm} mm. Made ${object.year_made}. Acquired ${object.acquired_on}.`,
    object.description,
    `Examined in daylight and under raking light on ${random.between(3, 27)} March 2024. The object is structurally sound. ` +
      `Dust in the recesses; ${random.pick(['no', 'slight', 'some'])} losses along the edge, none of them recent.`,
    `Recommended: keep at ${temperature} °C and ${random.between(45, 52)}% relative humidity, ` +
      `${random.pick(['50', '100', '200'])} lux at most. Handle with ${random.pick(['nitrile gloves', 'clean hands', 'two people'])}.`,
    `Next examination in ${random.between(2, 5)} years. H. Aune, conservator, Skerholm Museum`,
  ])
}

/** What the logger in an object's case measured over some weeks, as CSV. */
export function climateReadings(random: Random): Buffer {
  let time = Date.parse('2024-01-08T00:00:00Z')
  let temperature = 18
  let humidity = 49
  const lines = ['read_at,temperature_c,humidity_percent']
  for (let reading = 0; reading < READINGS; reading++) {
    temperature += (random.next() - 0.5) * 0.6 + (18 - temperature) * 0.05
    humidity += (random.next() - 0.5) * 2 + (49 - humidity) * 0.05
    lines.push(`${new Date(time).toISOString().slice(0, 16)},${temperature.toFixed(1)},${humidity.toFixed(1)}`)
    time += HOURS * 3_600_000
  }
  return Buffer.from(`${lines.join('\n')}\n`)
}
