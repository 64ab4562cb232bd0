import type { HostCommand } from './host-command.ts';
import { TerminalHost, type TerminalHostOptions } from './terminal-host.ts';

type SharedOptions = Omit<TerminalHostOptions, 'terminalId' | 'onCommand'>;

/** The terminals of one page, created when first shown and kept until the page is left, so that switching tabs loses nothing. */
export class TerminalHosts {
  readonly #hosts = new Map<string, TerminalHost>();
  readonly #options: SharedOptions;
  #dark = true;
  #onCommand: (command: HostCommand) => void = () => undefined;

  constructor(options: SharedOptions) {
    this.#options = options;
  }

  ensure(terminalId: string): TerminalHost {
    const existing = this.#hosts.get(terminalId);
    if (existing !== undefined) return existing;
    const host = new TerminalHost({
      ...this.#options,
      terminalId,
      onCommand: (command) => {
        this.#onCommand(command);
      },
    });
    host.setDark(this.#dark);
    this.#hosts.set(terminalId, host);
    return host;
  }

  /** Keys in any of the terminals that are meant for the page; also of terminals that exist already. */
  handleCommands(onCommand: (command: HostCommand) => void): void {
    this.#onCommand = onCommand;
  }

  setDark(dark: boolean): void {
    this.#dark = dark;
    for (const host of this.#hosts.values()) host.setDark(dark);
  }

  /** Lets go of terminals that no longer exist. */
  keepOnly(terminalIds: ReadonlySet<string>): void {
    for (const [id, host] of this.#hosts) {
      if (terminalIds.has(id)) continue;
      this.#hosts.delete(id);
      host.dispose();
    }
  }

  dispose(): void {
    this.keepOnly(new Set());
  }
}
