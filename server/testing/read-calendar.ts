import ICAL from 'ical.js';

/** A calendar read back by a library that has nothing to do with the one that wrote it. Throws for what is no calendar. */
export function readCalendar(text: string): { readonly name: unknown; readonly events: readonly ICAL.Event[] } {
  const root = new ICAL.Component(ICAL.parse(text) as unknown[]);
  return {
    name: root.getFirstPropertyValue('x-wr-calname'),
    events: root.getAllSubcomponents('vevent').map((one) => new ICAL.Event(one)),
  };
}
