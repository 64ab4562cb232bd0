import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ArtefactContentView, ArtefactView } from '../../../server/contract/artefacts.ts';
import { ApiError } from '../api/api-error.ts';
import { ArtefactDraft } from './artefact-draft.ts';

/** A server that keeps one text, counts revisions, and can be held or made to refuse. */
class FakeServer {
  readonly kept: string[] = [];
  revision = 0;
  refuse: ApiError | undefined;
  hold: Promise<void> = Promise.resolve();

  readonly save = async (content: ArtefactContentView, basedOn: number): Promise<ArtefactView> => {
    await this.hold;
    if (this.refuse !== undefined) throw this.refuse;
    if (basedOn !== this.revision) throw new ApiError('Conflict', 'It was changed in another window meanwhile.');
    this.kept.push(JSON.stringify(content['text']));
    this.revision += 1;
    return { revision: this.revision } as ArtefactView;
  };
}

let server: FakeServer;
let draft: ArtefactDraft;
beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  draft = new ArtefactDraft({ content: { text: '' }, revision: 0 }, server.save);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a draft', () => {
  it('is saved once, when one stops typing', async () => {
    const told = vi.fn();
    draft.subscribe(told);
    for (const text of ['o', 'on', 'one']) {
      draft.change('text', text);
      await vi.advanceTimersByTimeAsync(400);
    }
    expect(server.kept).toEqual([]);
    expect(draft.snapshot().save.kind).toBe('changed');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.kept).toEqual(['"one"']);
    expect(draft.snapshot()).toEqual({ content: { text: 'one' }, save: { kind: 'saved' } });
    expect(told).toHaveBeenCalled();
  });

  it('saves what was typed while it was saving, after it and on top of it', async () => {
    let release = (): void => undefined;
    server.hold = new Promise((resolve) => {
      release = resolve;
    });
    draft.change('text', 'one');
    await vi.advanceTimersByTimeAsync(1_000);
    draft.change('text', 'two');
    await vi.advanceTimersByTimeAsync(5_000);
    release();
    await vi.runAllTimersAsync();
    expect(server.kept).toEqual(['"one"', '"two"']);
    expect(draft.snapshot().save.kind).toBe('saved');
  });

  it('is saved at once when asked for, and not twice', async () => {
    draft.change('text', 'one');
    void draft.flush();
    await draft.flush();
    expect(draft.snapshot().save.kind).toBe('saved');
    expect(draft.revision).toBe(1);
    await vi.runAllTimersAsync();
    expect(server.kept).toEqual(['"one"']);
  });

  it('tries again until the server is back', async () => {
    server.refuse = new ApiError('Unreachable', 'The server cannot be reached.');
    draft.change('text', 'one');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(draft.snapshot().save.kind).toBe('failed');
    server.refuse = undefined;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.kept).toEqual(['"one"']);
    expect(draft.snapshot().save.kind).toBe('saved');
  });

  it('stops when another window wrote, and keeps what was typed', async () => {
    server.revision = 3;
    draft.change('text', 'one');
    await vi.advanceTimersByTimeAsync(1_000);
    draft.change('text', 'more');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.kept).toEqual([]);
    expect(draft.snapshot()).toMatchObject({ content: { text: 'more' }, save: { kind: 'behind' } });
  });

  it('takes what somebody else wrote, but never over what is not saved here', async () => {
    draft.refresh({ content: { text: 'theirs' }, revision: 2 });
    expect(draft.snapshot().content).toEqual({ text: 'theirs' });
    draft.refresh({ content: { text: 'older' }, revision: 1 });
    draft.change('text', 'mine');
    draft.refresh({ content: { text: 'theirs again' }, revision: 3 });
    expect(draft.snapshot().content).toEqual({ text: 'mine' });
    server.revision = 2;
    await draft.flush();
    expect(server.kept).toEqual(['"mine"']);
  });

  it('goes on from what a submission answered', async () => {
    server.revision = 2;
    draft.adopt({ revision: 2 });
    draft.change('text', 'after');
    await draft.flush();
    expect(server.kept).toEqual(['"after"']);
  });
});
