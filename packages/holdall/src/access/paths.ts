export const PEOPLE_PATH = '/-/people'
