/**
 * The command that runs a shell so that it outlives its exec connection, because a restart of the orchestrator ends those. `dtach` holds the
 * terminal inside the workspace and passes bytes on unchanged; tmux would redraw the screen by itself, which costs scrollback and a second
 * terminal emulation. Where `dtach` is missing the shell runs bare, and a lost connection begins a new one.
 */
export function keptShellCommand(terminalId: string, shell: readonly string[]): readonly string[] {
  return ['sh', '-c', KEEP_SCRIPT, 'drillhouse-shell', keeperPath(terminalId), ...shell];
}

/** Hangs up on the shell, kept or not, as closing a terminal window does. One whose output is held could not say its last words. */
export function endShellCommand(terminalId: string): readonly string[] {
  return ['sh', '-c', END_SCRIPT, 'drillhouse-end', keeperPath(terminalId)];
}

/**
 * Stops a kept shell's output at its terminal, as Ctrl-S does but whatever the program has set: who writes waits, and nothing is lost while nobody is attached.
 * The next to attach lets it go on. Fails, and changes nothing, where there is no `perl`, or no such shell.
 */
export function holdOutputCommand(terminalId: string): readonly string[] {
  return ['sh', '-c', HOLD_SCRIPT, 'drillhouse-hold', keeperPath(terminalId)];
}

/** In the workspace's own /tmp, which ends with it. A trainee who removes it loses only the way back to that shell. */
function keeperPath(terminalId: string): string {
  return `/tmp/.drillhouse-${terminalId}`;
}

/**
 * Works on the shell's terminal, through its standard input. The terminal's width in pixels, which nobody uses, says that its output is held: dtach sets the
 * whole size anew when it attaches somebody, and only from then on is anything that the shell says passed on. The numbers are TIOCGWINSZ and TIOCSWINSZ of Linux.
 */
const OPEN_TERMINAL = [
  'use Fcntl; use POSIX ();',
  'sysopen(my $tty, $ARGV[0], O_RDWR | O_NOCTTY) or exit 1;',
  'sub width { my $size = pack("S4"); ioctl($tty, 0x5413, $size) or exit 1; unpack("S4", $size) }',
].join(' ');
const HOLD = `${OPEN_TERMINAL} my @size = width(); POSIX::tcflow(fileno($tty), POSIX::TCOOFF()) or exit 1; $size[2] = 1; ioctl($tty, 0x5414, pack("S4", @size)) or exit 1`;
const LET_GO = 'POSIX::tcflow(fileno($tty), POSIX::TCOON()); unlink $ARGV[1]';
/** Nobody is held for more than five seconds for want of an attachment. */
const LET_GO_WHEN_ATTACHED = `${OPEN_TERMINAL} for (1 .. 250) { last unless (width())[2]; select(undef, undef, undef, 0.02) } ${LET_GO}`;

const HOLD_SCRIPT = [
  'keep=$1; read -r pid 2>/dev/null <"$keep.pid" || exit 1',
  '[ -S "$keep" ] || exit 1',
  `perl -e '${HOLD}' "/proc/$pid/fd/0" && : >"$keep.held"`,
].join('\n');

const END_SCRIPT = [
  'keep=$1; read -r pid 2>/dev/null <"$keep.pid" || exit 0',
  `[ ! -e "$keep.held" ] || perl -e '${OPEN_TERMINAL} ${LET_GO}' "/proc/$pid/fd/0" "$keep.held"`,
  'kill -HUP "$pid" && rm -f "$keep.pid"',
].join('\n');

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
  '    rm -f "$keep" "$keep.pid" "$keep.held"',
  `    dtach -n "$keep" -E -z -r winch sh -c '`,
  '      echo "$$" >"$0.pid"; tries=0',
  '      while [ "$(stty size)" = "0 0" ] && [ $tries -lt 250 ]; do tries=$((tries + 1)); sleep 0.02; done',
  `      exec "$@"' "$keep" "$@"`,
  '  fi',
  `  [ ! -e "$keep.held" ] || perl -e '${LET_GO_WHEN_ATTACHED}' "/proc/$pid/fd/0" "$keep.held" >/dev/null 2>&1 &`,
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
