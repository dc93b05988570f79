// What every step in JavaScript needs: settings that are checked, attributes by name, and values to and from JavaScript's own.
// Copied by `rollcall component new`; change what you like.

/**
 * A setting that is refused: `throw problem("minimum", "this is no number", "2")`. The host adds the file and the line.
 * @param {string} setting
 * @param {string} message
 * @param {string | null} [suggestion]
 * @returns {Problem}
 */
export function problem(setting, message, suggestion = null) {
  return { setting, message, position: null, suggestion };
}

/**
 * The step's settings over defaults. What is not among the defaults is refused, so that a typo is found. A default also says the type.
 * @template {Record<string, unknown>} T
 * @param {string} text
 * @param {T} defaults
 * @returns {T}
 */
export function settings(text, defaults) {
  /** @type {Record<string, unknown>} */
  const given = JSON.parse(text);
  const known = Object.keys(defaults);
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      throw problem(name, `there is no such setting; there are: ${known.join(", ")}`, nearest(name, known));
    }
    if (typeof given[name] !== typeof defaults[name]) {
      throw problem(name, `this is ${JSON.stringify(given[name])}, and should be a ${typeof defaults[name]}`);
    }
  }
  return { ...defaults, ...given };
}

/**
 * The known name with the most letters in common, if that is most of them.
 * @param {string} name
 * @param {string[]} known
 */
function nearest(name, known) {
  const common = (/** @type {string} */ other) =>
    [...new Set(other)].filter((letter) => name.includes(letter)).length / new Set(name + other).size;
  const best = known.toSorted((a, b) => common(b) - common(a))[0];
  return best !== undefined && common(best) > 0.7 ? best : null;
}

/**
 * A value of the contract for one of JavaScript.
 * @param {null | undefined | boolean | number | string | string[]} plain
 * @returns {Value}
 */
export function value(plain) {
  if (plain === null || plain === undefined) return { tag: "null" };
  if (Array.isArray(plain)) return { tag: "texts", val: plain };
  switch (typeof plain) {
    case "boolean":
      return { tag: "boolean", val: plain };
    case "number":
      return Number.isInteger(plain) ? { tag: "integer", val: plain } : { tag: "number", val: plain };
    case "string":
      return { tag: "text", val: plain };
  }
  throw new TypeError(`${plain} cannot be a value of a profile`);
}

/**
 * A value of the contract as JavaScript has it; null for null and for "keep".
 * @param {Value} value
 */
export function plain(value) {
  if (value.tag === "null" || value.tag === "keep") return null;
  return value.tag === "json" ? JSON.parse(value.val) : value.val;
}

/**
 * An attribute that holds text.
 * @param {string} name
 * @returns {Attribute}
 */
export function textAttribute(name, { sensitive = false, matching = null } = {}) {
  return { name, kind: "text", sensitive, creationOnly: false, matching };
}

/** The attributes of a profile, which cross to the host by position and not by name. */
export class Layout {
  /** @param {Attribute[]} inherited */
  constructor(inherited) {
    this.attributes = [...inherited];
  }

  /**
   * Adds an attribute. One of the same name is replaced where it stands.
   * @param {Attribute} attribute
   */
  add(attribute) {
    const position = this.attributes.findIndex((known) => known.name === attribute.name);
    if (position < 0) this.attributes.push(attribute);
    else this.attributes[position] = attribute;
  }

  /**
   * A profile: what was inherited, and these values by name.
   * @param {Value[]} inherited
   * @param {Record<string, null | boolean | number | string | string[]>} values
   * @returns {Value[]}
   */
  row(inherited, values) {
    return this.attributes.map(({ name }, position) =>
      name in values ? value(values[name]) : (inherited[position] ?? { tag: "null" }),
    );
  }
}
