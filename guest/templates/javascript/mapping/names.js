// How a name is written.

/**
 * The name that people see; null where there is none.
 * @param {string | null} given
 * @param {string | null} surname
 * @param {boolean} familyNameFirst
 */
export function displayName(given, surname, familyNameFirst) {
  if (given && surname) return familyNameFirst ? `${surname.toUpperCase()} ${given}` : `${given} ${surname}`;
  return given || surname || null;
}
