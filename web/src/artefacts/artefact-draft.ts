import type { ArtefactContentView, ArtefactView } from '../../../server/contract/artefacts.ts';
import { asApiError, type ApiError } from '../api/api-error.ts';

/** `behind`: somebody wrote elsewhere; nothing is saved any more until the page is loaded anew. */
export type SaveState =
  { readonly kind: 'saved' | 'changed' | 'saving' } | { readonly kind: 'failed' | 'behind'; readonly error: ApiError };

export interface DraftState {
  readonly content: ArtefactContentView;
  readonly save: SaveState;
}

export type DraftSaver = (content: ArtefactContentView, basedOn: number) => Promise<ArtefactView>;

/** A pause in typing that is long enough to save, and how long until a failed save is tried again. */
const PAUSE_MS = 1_000;
const RETRY_MS = 5_000;

/**
 * What is being written, kept on the server by itself: one save at a time, the newest text always last, tried again when it fails. An external store for
 * React, so that it outlives the editor's being hidden.
 */
export class ArtefactDraft {
  readonly #save: DraftSaver;
  readonly #listeners = new Set<() => void>();
  #state: DraftState;
  #revision: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | undefined;

  constructor(artefact: Pick<ArtefactView, 'content' | 'revision'>, save: DraftSaver) {
    this.#save = save;
    this.#state = { content: artefact.content, save: { kind: 'saved' } };
    this.#revision = artefact.revision;
  }

  /** What the server holds as far as is known here. */
  get revision(): number {
    return this.#revision;
  }

  readonly snapshot = (): DraftState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  change(field: string, value: ArtefactContentView[string]): void {
    const content = { ...this.#state.content, [field]: value };
    this.#set({ content, save: this.#state.save.kind === 'behind' ? this.#state.save : { kind: 'changed' } });
    this.#schedule(PAUSE_MS);
  }

  /** Saves now what is not saved yet. Resolves when nothing is left, or when it could not be done (see the state). */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    while (this.#saving !== undefined) await this.#saving;
    const { kind } = this.#state.save;
    if (kind !== 'changed' && kind !== 'failed') return;
    this.#saving = this.#saveOnce().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  /** The server's answer to something else than a save, such as a submission. */
  adopt({ revision }: Pick<ArtefactView, 'revision'>): void {
    this.#revision = Math.max(this.#revision, revision);
  }

  /** What somebody else of the team wrote meanwhile, unless something here is not saved yet. */
  refresh({ content, revision }: Pick<ArtefactView, 'content' | 'revision'>): void {
    if (this.#state.save.kind !== 'saved' || revision <= this.#revision) return;
    this.#revision = revision;
    this.#set({ content, save: { kind: 'saved' } });
  }

  async #saveOnce(): Promise<void> {
    const { content } = this.#state;
    this.#set({ content, save: { kind: 'saving' } });
    try {
      this.adopt(await this.#save(content, this.#revision));
      const isNewest = this.#state.content === content;
      this.#set({ ...this.#state, save: { kind: isNewest ? 'saved' : 'changed' } });
      if (!isNewest) this.#schedule(PAUSE_MS);
    } catch (thrown) {
      const error = asApiError(thrown);
      const behind = error.code === 'Conflict' || error.code === 'ReadOnly';
      this.#set({ ...this.#state, save: { kind: behind ? 'behind' : 'failed', error } });
      if (!behind) this.#schedule(RETRY_MS);
    }
  }

  #schedule(afterMs: number): void {
    clearTimeout(this.#timer);
    if (this.#state.save.kind !== 'behind') this.#timer = setTimeout(() => void this.flush(), afterMs);
  }

  #set(state: DraftState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
