import { placeId } from './places.ts'

export interface Maker {
  readonly id: number
  readonly name: string
  readonly trade: string
  readonly placeId: number
  readonly born: number | null
  readonly died: number | null
  readonly note: string
}

export const MAKERS: readonly Maker[] = (
  [
    ['Ane Halvorsdatter', 'weaver', 'Sandvoe', 1791, 1868, 'Wove for three parishes; her pattern book is SK.1931.002.'],
    ['Marthe Olsen', 'weaver', 'Kirkby', 1842, 1921, 'Taught at the parish school from 1871.'],
    ['Brita Sinclair', 'knitter', 'Easter Wick', 1880, 1959, 'Sold to the steamer passengers every summer.'],
    ['Tobias Rask', 'potter', 'Skerholm', 1768, 1841, 'Founded the pottery at North Haven in 1802.'],
    ['Rask & Son', 'pottery', 'North Haven', 1802, 1889, 'Closed when the clay pit flooded.'],
    ['Elias Rask', 'potter', 'North Haven', 1809, 1886, 'Brought the salt glaze from the Rhine.'],
    ['De Witte Ster', 'tile works', 'Delft', 1720, 1803, ''],
    ['Jan Aalmis', 'tile painter', 'Rotterdam', 1714, 1799, ''],
    ['Wood & Caldwell', 'pottery', 'Staffordshire', 1790, 1818, ''],
    ['Johann Remy', 'potter', 'Westerwald', 1761, 1830, 'Blue and grey stoneware for the herring trade.'],
    ['Isak Thorsen', 'shipwright', 'North Haven', 1822, 1897, 'Built eleven smacks and the ketch Solbris.'],
    ['Peder Lind', 'model maker', 'Skerholm', 1859, 1934, 'Cook on the Solbris; carved his models at sea.'],
    ['Anders Moe', 'model maker', 'Langa', 1871, 1950, 'Left the museum his tools with the models.'],
    ['Hans Broch', 'silversmith', 'Bergen', 1744, 1812, ''],
    ['Jens Kahrs', 'silversmith', 'Bergen', 1789, 1856, ''],
    ['William Gunn', 'silversmith', 'Leith', 1801, 1870, ''],
    ['Royal Mint', 'mint', 'London', null, null, ''],
    ['Kongsberg Mint', 'mint', 'Copenhagen', null, null, 'Struck at Kongsberg for the Danish crown until 1814.'],
    ['Clara Ness', 'botanist', 'The Ness', 1836, 1910, 'The doctor’s daughter; 412 sheets, all of the isles.'],
    ['Rev. Magnus Heddle', 'naturalist', 'Kirkby', 1810, 1889, 'Minister; kept weather and moths for forty years.'],
    ['Nils Falk', 'photographer', 'Skerholm', 1866, 1941, 'First studio on the island, in the customs house.'],
    [
      'Ingeborg Falk',
      'photographer',
      'Skerholm',
      1897,
      1978,
      'Ran the studio from 1931; photographed every school class.',
    ],
    ['Robert Tulloch', 'photographer', 'Lerwick', 1850, 1922, ''],
    ['Captain Jon Strand', 'writer', 'North Haven', 1818, 1881, 'Master of the brig Haabet; 143 letters home.'],
    ['Kirsten Strand', 'writer', 'North Haven', 1825, 1903, 'Answered them.'],
    ['Hydrographic Office', 'publisher', 'London', 1795, null, ''],
    ['Peter Mathiesen', 'surveyor', 'Copenhagen', 1779, 1844, 'Surveyed the isles in two summers.'],
    ['Northern Lights Works', 'lamp maker', 'Leith', 1840, 1931, ''],
    ['Weems Brothers', 'tinsmiths', 'Newcastle', 1851, 1928, ''],
    ['Karl Dahl', 'blacksmith', 'Kirkby', 1833, 1907, ''],
    ['Aslak Vik', 'cooper', 'North Haven', 1847, 1919, 'Last cooper on the quay.'],
    ['Sofie Berge', 'painter', 'Stavanger', 1852, 1931, 'Came for one summer and stayed four.'],
    ['Thomas Haldane', 'painter', 'Leith', 1796, 1865, 'Ship portraits while you wait.'],
    ['Skerholm Steamship Company', 'publisher', 'Skerholm', 1884, 1962, ''],
    ['Lyng Lithographers', 'printer', 'Bergen', 1878, 1955, ''],
    ['Unknown maker', '', 'Skerholm', null, null, 'Nobody wrote it down.'],
  ] as const
).map(([name, trade, place, born, died, note], index) => ({
  id: index + 1,
  name,
  trade,
  placeId: placeId(place),
  born,
  died,
  note,
}))

export function makerNamed(name: string): Maker {
  const maker = MAKERS.find((candidate) => candidate.name === name)
  if (!maker) throw new Error(`There is no maker called ${name}.`)
  return maker
}
