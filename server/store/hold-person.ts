import type { Tx } from './schema.ts';

/**
 * Holds a person's row until the transaction ends, in both databases: who writes what is numbered or counted for one person takes turns.
 * Nothing is changed by it.
 */
export async function holdPerson(tx: Tx, personId: string): Promise<void> {
  await tx
    .updateTable('people')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', personId)
    .execute();
}
