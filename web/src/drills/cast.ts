import type { DrillPerson, DrillRole, ScheduleDrill, ScriptView } from '../../../server/contract/drills.ts';

/** One place at the table; several places may have the same role. */
export interface Seat {
  readonly key: string;
  readonly role: DrillRole;
  readonly needed: boolean;
  /** Empty: nobody yet. */
  readonly personId: string;
}

/** The places that a script asks for, with whoever schedules it as its facilitator. Pure. */
export function planSeats({ needed, useful }: Pick<ScriptView, 'needed' | 'useful'>, meId: string): readonly Seat[] {
  const seat = (role: DrillRole, isNeeded: boolean, personId = ''): Seat => ({ key: role, role, needed: isNeeded, personId });
  return [
    seat('facilitator', true, meId),
    ...needed.map((role) => seat(role, true)),
    ...useful.map((role) => seat(role, false)),
    seat('evaluator', false),
    seat('observer', false),
  ];
}

/** Another place with a role that several may have. Pure. */
export function addSeat(seats: readonly Seat[], role: DrillRole): readonly Seat[] {
  const last = seats.findLastIndex((seat) => seat.role === role);
  const count = seats.filter((seat) => seat.role === role).length;
  const added: Seat = { key: `${role}-${count + 1}`, role, needed: false, personId: '' };
  return last < 0 ? [...seats, added] : seats.toSpliced(last + 1, 0, added);
}

export function membersOf(seats: readonly Seat[]): ScheduleDrill['members'] {
  return seats.flatMap(({ personId, role }) => (personId === '' ? [] : [{ personId, role }]));
}

/** Who may sit here: a trainee does not read the script. Whoever sits elsewhere already is marked by the form. Pure. */
export function mayTake(person: DrillPerson, role: DrillRole): boolean {
  const reads = role === 'facilitator' || role === 'controller' || role === 'evaluator';
  return !reads || person.accountRole !== 'trainee';
}
