/** What a team tells its users first of all. */
export const firstNotice = {
  kind: 'first-notice',
  audience: 'users',
  text: 'The assistant gives no answers. We have taken the case.',
  impact: 'Nobody gets answers.',
  scope: '',
  nextInMinutes: 10,
  corrects: null,
};
