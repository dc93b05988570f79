// Which groups there are for a city and a department.
// A key is what a group is known by, for ever: made of what does not change by itself.

/** A text without the differences that people make by typing. A `/` would look like a part of a key. */
const word = (text: unknown) => (typeof text === "string" ? text.trim().toLowerCase().replaceAll("/", "-") : "");

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** The keys of the groups that somebody belongs to. */
export function keys(city: unknown, department: unknown): string[] {
  const [place, part] = [word(city), word(department)];
  if (!place) return [];
  return part ? [`city/${place}`, `city/${place}/${part}`] : [`city/${place}`];
}

/** The name of a group and the key of its parent; null for a key of somebody else. */
export function title(key: string): { name: string; parent: string | null } | null {
  const [start, city, department, ...rest] = key.split("/");
  if (start !== "city" || !city || rest.length > 0 || department === "") return null;
  if (department === undefined) return { name: capital(city), parent: null };
  return { name: `${capital(city)} ${capital(department)}`, parent: `city/${city}` };
}
