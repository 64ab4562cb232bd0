import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import type { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { ApiError } from '../api/api-error.ts';
import { copyText } from '../parts/copy-text.ts';
import { hasGraphicsHardware } from './graphics.ts';
import type { HostCommand } from './host-command.ts';
import { planPaste, planRun, type PastePlan } from './input-plan.ts';
import { planTerminalKey } from './key-plan.ts';
import { getTerminalSettings, watchTerminalSettings } from './terminal-settings.ts';
import { TerminalSession, type Screen, type TerminalState } from './terminal-session.ts';
import { DARK_TERMINAL, LIGHT_TERMINAL } from './terminal-theme.ts';
import type { TerminalWire } from './terminal-wire.ts';

const NOT_BEGUN: TerminalState = { kind: 'connecting' };

export interface TerminalHostOptions {
  readonly terminalId: string;
  readonly access: 'write' | 'observe';
  readonly wire: TerminalWire;
  /** A paste that has to be asked about, or that is too large. `paste` goes on with it. */
  readonly onPaste: (plan: Exclude<PastePlan, { kind: 'nothing' | 'paste' }>, paste: () => void) => void;
  readonly onRefused: (error: ApiError) => void;
  /** Keys that belong to the page around the terminal. */
  readonly onCommand: (command: HostCommand) => void;
}

/** Enough to scroll through a long `kubectl describe`; about 5 MB of memory when full. */
const SCROLLBACK_LINES = 5_000;
/** An observer's letters shrink to fit the owner's width, but not below what can be read. */
const SMALLEST_OBSERVER_FONT = 7;

/**
 * One terminal: xterm.js with its session, living outside React so that it keeps its screen while tabs, splits and pages around it
 * change. `attach` puts it into a page, `detach` takes it out, `dispose` ends it (the shell on the server goes on).
 */
export class TerminalHost {
  readonly terminalId: string;
  readonly access: 'write' | 'observe';
  readonly search = new SearchAddon({ highlightLimit: 1_000 });
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #options: TerminalHostOptions;
  readonly #element = document.createElement('div');
  readonly #watchers = new Set<() => void>();
  readonly #disposers: (() => void)[] = [];
  readonly #resizes: ResizeObserver;
  #webgl: WebglAddon | null = null;
  /** Begins when the terminal is first shown, since only then its size is known. */
  #session: TerminalSession | null = null;
  #fitFrame = 0;
  #focusWhenShown = false;

  constructor(options: TerminalHostOptions) {
    this.terminalId = options.terminalId;
    this.access = options.access;
    this.#options = options;
    this.#element.style.width = '100%';
    this.#element.style.height = '100%';
    this.#terminal = createTerminal(options.access);
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.search);
    this.#terminal.loadAddon(new WebLinksAddon());
    this.#terminal.loadAddon(new Unicode11Addon());
    this.#terminal.unicode.activeVersion = '11';
    this.#terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    this.#terminal.onData((text) => void this.#session?.input(new TextEncoder().encode(text)));
    this.#terminal.onBinary((text) => void this.#session?.input(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.#terminal.onResize(() => {
      this.#session?.resized();
    });
    this.#element.addEventListener('paste', this.#onPaste, { capture: true });
    this.#element.addEventListener('mousedown', () => {
      // The button may be let go anywhere, also outside of the terminal.
      document.addEventListener('mouseup', this.#onMouseUp, { once: true });
    });
    this.#resizes = new ResizeObserver(() => {
      this.#fitSoon();
    });
    this.#disposers.push(
      watchTerminalSettings(() => {
        this.#applySettings();
      }),
    );
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  };

  readonly getState = (): TerminalState => this.#session?.state ?? NOT_BEGUN;

  /** Moves the terminal into `parent`, which must have a size. */
  attach(parent: HTMLElement): void {
    parent.append(this.#element);
    if (this.#session === null) this.#terminal.open(this.#element);
    this.#resizes.observe(this.#element);
    void this.#drawWithGraphics();
    this.#fitNow();
    this.#session ??= this.#begin();
    if (this.#focusWhenShown) this.focus();
  }

  /** A hidden terminal gives its graphics context back, because a browser has only sixteen. */
  detach(): void {
    this.#resizes.unobserve(this.#element);
    this.#webgl?.dispose();
    this.#webgl = null;
    this.#element.remove();
  }

  /** At once if it is in the page, otherwise as soon as it is. */
  focus(): void {
    this.#focusWhenShown = !this.#element.isConnected;
    if (this.#element.isConnected) this.#terminal.focus();
  }

  reopen(): void {
    this.#session?.reopen();
  }

  setDark(dark: boolean): void {
    this.#terminal.options.theme = dark ? DARK_TERMINAL : LIGHT_TERMINAL;
  }

  /**
   * Runs a command from the instructions in this terminal.
   * @returns null when it was sent, otherwise why not
   */
  run(command: string): string | null {
    const plan = planRun(command, {
      bracketedPaste: this.#terminal.modes.bracketedPasteMode,
      alternateScreen: this.#terminal.buffer.active.type === 'alternate',
    });
    if (plan.kind === 'busy') return plan.reason;
    this.#terminal.scrollToBottom();
    return this.#session?.input(new TextEncoder().encode(plan.data)) === true ? null : 'The terminal is not connected at the moment.';
  }

  async copySelection(): Promise<boolean> {
    const text = this.#terminal.getSelection();
    return text !== '' && (await copyText(text));
  }

  async pasteFromClipboard(): Promise<void> {
    this.#paste(await navigator.clipboard.readText());
  }

  dispose(): void {
    this.detach();
    cancelAnimationFrame(this.#fitFrame);
    this.#resizes.disconnect();
    for (const dispose of this.#disposers) dispose();
    this.#session?.dispose();
    this.#terminal.dispose();
  }

  #begin(): TerminalSession {
    return new TerminalSession({
      terminalId: this.terminalId,
      access: this.access,
      wire: this.#options.wire,
      screen: this.#screen(),
      onState: () => {
        for (const watcher of this.#watchers) watcher();
      },
      onRefused: this.#options.onRefused,
    });
  }

  #screen(): Screen {
    const terminal = this.#terminal;
    return {
      get columns() {
        return terminal.cols;
      },
      get rows() {
        return terminal.rows;
      },
      write: (bytes, onParsed) => {
        terminal.write(bytes, onParsed);
      },
      clear: () => {
        terminal.reset();
      },
      resize: (columns, rows) => {
        terminal.resize(columns, rows);
        this.#fitSoon();
      },
    };
  }

  /** A call, because the compiler takes what was read before an await for settled. */
  #hasGraphics(): boolean {
    return this.#webgl !== null;
  }

  /** Loaded only now, since it is a third of all the terminal's script and some machines cannot use it. */
  async #drawWithGraphics(): Promise<void> {
    if (this.#webgl !== null || getTerminalSettings().renderer === 'dom' || !hasGraphicsHardware()) return;
    try {
      const { WebglAddon } = await import('@xterm/addon-webgl');
      // Meanwhile it may have been hidden, or another call may have come first.
      if (!this.#element.isConnected || this.#hasGraphics()) return;
      const webgl = new WebglAddon();
      // A driver that gave up, or a sixteenth context elsewhere: the DOM renderer takes over by itself.
      webgl.onContextLoss(() => {
        webgl.dispose();
        this.#webgl = null;
      });
      this.#terminal.loadAddon(webgl);
      this.#webgl = webgl;
    } catch {
      // No WebGL2 here; the DOM renderer is in place already.
    }
  }

  #fitSoon(): void {
    cancelAnimationFrame(this.#fitFrame);
    this.#fitFrame = requestAnimationFrame(() => {
      this.#fitNow();
    });
  }

  #fitNow(): void {
    if (!this.#element.isConnected || this.#element.clientWidth === 0) return;
    if (this.access === 'write') this.#fit.fit();
    else this.#shrinkToFit();
  }

  /** The owner's size is given, so the observer's letters change instead. */
  #shrinkToFit(): void {
    const proposed = this.#fit.proposeDimensions();
    const current = this.#terminal.options.fontSize ?? getTerminalSettings().fontSize;
    if (proposed === undefined || !Number.isFinite(proposed.cols)) return;
    const scale = Math.min(proposed.cols / this.#terminal.cols, proposed.rows / this.#terminal.rows);
    const wanted = Math.min(getTerminalSettings().fontSize, Math.max(SMALLEST_OBSERVER_FONT, Math.floor(current * scale)));
    if (wanted !== current) this.#terminal.options.fontSize = wanted;
  }

  #applySettings(): void {
    const { fontSize, screenReader, renderer } = getTerminalSettings();
    this.#terminal.options.fontSize = fontSize;
    this.#terminal.options.screenReaderMode = screenReader;
    if (renderer === 'dom') {
      this.#webgl?.dispose();
      this.#webgl = null;
    } else if (this.#element.isConnected) void this.#drawWithGraphics();
    this.#fitSoon();
  }

  #onKey(event: KeyboardEvent): boolean {
    const plan = planTerminalKey(event, { alternateScreen: this.#terminal.buffer.active.type === 'alternate' });
    if (plan.kind === 'terminal') return true;
    if (plan.kind === 'browser') return false;
    event.preventDefault();
    if (event.type === 'keydown') {
      if (plan.command === 'copy') void this.copySelection();
      else this.#options.onCommand(plan.command);
    }
    return false;
  }

  readonly #onPaste = (event: ClipboardEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    this.#paste(event.clipboardData?.getData('text/plain') ?? '');
  };

  #paste(text: string): void {
    if (this.access !== 'write') return;
    const plan = planPaste(text);
    if (plan.kind === 'paste') this.#terminal.paste(plan.text);
    if (plan.kind === 'too large') this.#options.onPaste(plan, () => undefined);
    if (plan.kind === 'ask') {
      this.#options.onPaste(plan, () => {
        this.#terminal.paste(plan.text);
        this.#terminal.focus();
      });
    }
  }

  readonly #onMouseUp = (): void => {
    if (getTerminalSettings().copyOnSelect && this.#terminal.hasSelection()) void this.copySelection();
  };
}

function createTerminal(access: 'write' | 'observe'): Terminal {
  const { fontSize, screenReader } = getTerminalSettings();
  return new Terminal({
    allowProposedApi: true,
    cursorBlink: false,
    cursorStyle: access === 'write' ? 'block' : 'underline',
    disableStdin: access === 'observe',
    fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace",
    fontSize,
    lineHeight: 1.2,
    minimumContrastRatio: 4.5,
    screenReaderMode: screenReader,
    scrollback: SCROLLBACK_LINES,
    rightClickSelectsWord: false,
    theme: DARK_TERMINAL,
  });
}
