/** Who works on the incident: each role once learnt is the same in every lab and drill (GRADING.md, Drills). */
export const playerRoles = ['commander', 'deputy', 'scribe', 'expert', 'customer-liaison', 'internal-liaison'] as const;
export type PlayerRole = (typeof playerRoles)[number];
