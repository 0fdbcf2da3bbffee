export interface Place {
  readonly id: number
  readonly name: string
  readonly kind: string
  readonly region: string
  readonly latitude: number
  readonly longitude: number
}

/** The island, its neighbours and where its ships went. The island is invented; the ports are not. */
export const PLACES: readonly Place[] = (
  [
    ['Skerholm', 'town', 'Skerholm', 58.412, 5.117],
    ['North Haven', 'harbour', 'Skerholm', 58.431, 5.121],
    ['Kirkby', 'parish', 'Skerholm', 58.404, 5.142],
    ['Sandvoe', 'village', 'Skerholm', 58.388, 5.093],
    ['The Ness', 'headland', 'Skerholm', 58.446, 5.163],
    ['Grey Skerry', 'lighthouse', 'Skerholm', 58.459, 5.061],
    ['Easter Wick', 'village', 'Skerholm', 58.397, 5.178],
    ['Mill of Aith', 'farm', 'Skerholm', 58.409, 5.156],
    ['Langa', 'island', 'Outer isles', 58.502, 4.988],
    ['Little Langa', 'island', 'Outer isles', 58.511, 4.971],
    ['Stavanger', 'port', 'Norway', 58.97, 5.73],
    ['Bergen', 'port', 'Norway', 60.39, 5.32],
    ['Arendal', 'port', 'Norway', 58.46, 8.77],
    ['Copenhagen', 'port', 'Denmark', 55.68, 12.57],
    ['Marstal', 'port', 'Denmark', 54.85, 10.52],
    ['Lerwick', 'port', 'Scotland', 60.15, -1.15],
    ['Leith', 'port', 'Scotland', 55.98, -3.17],
    ['Newcastle', 'port', 'England', 54.97, -1.61],
    ['Hull', 'port', 'England', 53.74, -0.33],
    ['London', 'port', 'England', 51.51, -0.08],
    ['Staffordshire', 'county', 'England', 52.88, -2.06],
    ['Rotterdam', 'port', 'Netherlands', 51.92, 4.48],
    ['Delft', 'town', 'Netherlands', 52.01, 4.36],
    ['Hamburg', 'port', 'Germany', 53.55, 9.99],
    ['Westerwald', 'district', 'Germany', 50.65, 7.85],
    ['Gothenburg', 'port', 'Sweden', 57.71, 11.97],
    ['Riga', 'port', 'Latvia', 56.95, 24.11],
    ['Archangel', 'port', 'Russia', 64.54, 40.54],
    ['Valparaíso', 'port', 'Chile', -33.05, -71.61],
    ['Boston', 'port', 'United States', 42.36, -71.05],
  ] as const
).map(([name, kind, region, latitude, longitude], index) => ({
  id: index + 1,
  name,
  kind,
  region,
  latitude,
  longitude,
}))

export function placeId(name: string): number {
  const place = PLACES.find((candidate) => candidate.name === name)
  if (!place) throw new Error(`There is no place called ${name}.`)
  return place.id
}
