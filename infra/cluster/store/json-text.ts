/** Serialised objects, kept as long as the objects themselves: journal, answers and watch events share one text. */
const texts = new WeakMap<object, string>();

/** The object as JSON. Of a frozen one the text is kept, so that it is made once however often it is sent. */
export function jsonOf(object: object): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  // Only what is frozen can be kept: the rest may change.
  if (Object.isFrozen(object)) texts.set(object, text);
  return text;
}
