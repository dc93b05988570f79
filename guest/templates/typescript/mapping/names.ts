// How a name is written.

/** The name that people see; null where there is none. */
export function displayName(given: string | null, surname: string | null, familyNameFirst: boolean): string | null {
  if (given && surname) return familyNameFirst ? `${surname.toUpperCase()} ${given}` : `${given} ${surname}`;
  return given || surname || null;
}
