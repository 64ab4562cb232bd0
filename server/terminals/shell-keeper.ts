/**
 * The command that runs a shell so that it outlives its exec connection, because a restart of the orchestrator ends those. `dtach` holds the
 * terminal inside the workspace and passes bytes on unchanged; tmux would redraw the screen by itself, which costs scrollback and a second
 * terminal emulation. Where `dtach` is missing the shell runs bare, and a lost connection begins a new one.
 */
export function keptShellCommand(terminalId: string, shell: readonly string[]): readonly string[] {
  return ['sh', '-c', KEEP_SCRIPT, 'drillhouse-shell', keeperPath(terminalId), ...shell];
}

/** Hangs up on the shell, kept or not, as closing a terminal window does. */
export function endShellCommand(terminalId: string): readonly string[] {
  return ['sh', '-c', 'read -r pid 2>/dev/null <"$1.pid" && kill -HUP "$pid" && rm -f "$1.pid"', 'drillhouse-end', keeperPath(terminalId)];
}

/** In the workspace's own /tmp, which ends with it. A trainee who removes it loses only the way back to that shell. */
function keeperPath(terminalId: string): string {
  return `/tmp/.drillhouse-${terminalId}`;
}

/**
 * Begins the keeper unless it and its shell live, then attaches. Beginning and attaching are two processes (`-n`, `-a`; not `-A`) because a
 * keeper that descends from the attached one would be taken for part of the exec and end with it. The inner shell waits until somebody is
 * attached, which gives the terminal its size: what it says before that would be lost. It notes its process, so that the terminal can be ended
 * while nobody is attached. Whoever was attached before is ended: a restarted orchestrator leaves execs behind, and dtach goes by the fastest of its
 * clients and drops the others' bytes. `-E` and `-z` leave Ctrl-\\ and Ctrl-Z to the shell; `winch` makes full-screen programs redraw on the way back.
 * A shell that was killed may stay a zombie where process 1 does not reap, which has no `exe` but does answer `kill -0`. TERM is set because exec does not pass it on.
 */
const KEEP_SCRIPT = [
  'keep=$1; shift',
  'TERM=xterm-256color; COLORTERM=truecolor; export TERM COLORTERM',
  'if command -v dtach >/dev/null 2>&1; then',
  '  if ! { [ -S "$keep" ] && read -r pid 2>/dev/null <"$keep.pid" && [ -e "/proc/$pid/exe" ]; }; then',
  '    rm -f "$keep" "$keep.pid"',
  `    dtach -n "$keep" -E -z -r winch sh -c '`,
  '      echo "$$" >"$0.pid"; tries=0',
  '      while [ "$(stty size)" = "0 0" ] && [ $tries -lt 250 ]; do tries=$((tries + 1)); sleep 0.02; done',
  `      exec "$@"' "$keep" "$@"`,
  '  fi',
  '  if read -r old 2>/dev/null <"$keep.client" && grep -qF -- "$keep" "/proc/$old/cmdline" 2>/dev/null; then kill -KILL "$old"; fi',
  '  echo "$$" >"$keep.client"',
  '  exec dtach -a "$keep" -E -z -r winch',
  'fi',
  'echo "$$" >"$keep.pid"',
  'exec "$@"',
].join('\n');

/** What dtach prints when it attaches: it clears the screen, which would take away what was just replayed. */
const ATTACH_PREFIX = Buffer.from('\u001b[H\u001b[J');
/** Only what was typed too early comes before it. Later on it would be a program's own. */
const ATTACH_WITHIN_BYTES = 1024;
/** What dtach prints when the shell has ended. */
const END_NOTE = Buffer.from('\u001b[999H\r\n[EOF - dtach terminating]\r\n');

/** Takes dtach's own words out of the stream. Keeps back the few bytes that may be the beginning of them until it knows. */
export class KeeperFilter {
  #isAttached = false;
  #passed = 0;
  #held: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Buffer {
    let known: Buffer = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    if (!this.#isAttached && known.includes(ATTACH_PREFIX)) {
      this.#isAttached = true;
      known = without(ATTACH_PREFIX, known);
    }
    known = without(END_NOTE, known);
    const heldBytes = Math.max(endingBytes(known, END_NOTE), this.#isAttached ? 0 : endingBytes(known, ATTACH_PREFIX));
    this.#held = known.subarray(known.length - heldBytes);
    this.#passed += known.length - heldBytes;
    this.#isAttached ||= this.#passed > ATTACH_WITHIN_BYTES;
    return known.subarray(0, known.length - heldBytes);
  }
}

function without(words: Buffer, bytes: Buffer): Buffer {
  const at = bytes.indexOf(words);
  return at < 0 ? bytes : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + words.length)]);
}

/** How many of the last bytes may be the beginning of `words`. */
function endingBytes(bytes: Buffer, words: Buffer): number {
  for (let length = Math.min(words.length - 1, bytes.length); length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(words.subarray(0, length))) return length;
  }
  return 0;
}
