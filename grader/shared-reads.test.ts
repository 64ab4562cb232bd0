import { describe, expect, it } from 'vitest';
import { accountSubject, isAllowed } from './access-review.ts';
import { SharedReads } from './shared-reads.ts';
import { ReviewingObjects } from './testing/reviewing-objects.ts';

const board = accountSubject('atlas', 'board');
const question = (resource: string) => ({ verb: 'list', resource, group: '', namespace: 'atlas' });

describe('access reviews of many checks at once', () => {
  it('are asked once where they are the same', async () => {
    const objects = new ReviewingObjects();
    objects.allows = ({ resourceAttributes: { resource } }) => resource === 'pods';
    const shared = new SharedReads(objects);
    const answers = await Promise.all(['pods', 'secrets', 'pods'].map((resource) => isAllowed(shared, board, question(resource))));
    expect(answers).toEqual([true, false, true]);
    expect(objects.asked).toHaveLength(2);
  });

  it('are asked anew once they were answered, for rights change', async () => {
    const objects = new ReviewingObjects();
    const shared = new SharedReads(objects);
    expect(await isAllowed(shared, board, question('pods'))).toBe(false);
    objects.allows = () => true;
    expect(await isAllowed(shared, board, question('pods'))).toBe(true);
  });

  it('do not make other readers ask again', async () => {
    const objects = new ReviewingObjects();
    let lists = 0;
    const list = objects.list.bind(objects);
    objects.list = (kind, query) => {
      lists += 1;
      return list(kind, query);
    };
    const shared = new SharedReads(objects);
    await Promise.all([shared.list('Pod'), isAllowed(shared, board, question('pods')), shared.list('Pod')]);
    expect(lists).toBe(1);
  });
});
