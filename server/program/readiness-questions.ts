import type { Track } from '../contract/labs.ts';
import type { ReadinessQuestion } from '../contract/readiness.ts';

interface Question extends Omit<ReadinessQuestion, 'options' | 'code'> {
  readonly code?: string;
  readonly options: readonly {
    readonly id: string;
    readonly text: string;
    /** What it is worth; where several apply, a wrong one is worth less than nothing. Absent: nothing. */
    readonly points?: number;
    /** Of a question of appetite: the track that it speaks for. */
    readonly leans?: Track;
  }[];
}
export type ScoredQuestion = Question;

export interface Questionnaire {
  /** Goes up with every change that makes answers mean something else: answers given to another version are not taken over. */
  readonly version: number;
  readonly minutes: number;
  readonly questions: readonly ScoredQuestion[];
}

/**
 * The readiness check (LABS.md): situations with something to decide, because how good people say they are tells little. The questions of
 * appetite have no right answer.
 */
export const questionnaire: Questionnaire = {
  version: 1,
  minutes: 8,
  questions: [
    {
      id: 'disk-full',
      dimension: 'linux',
      kind: 'one',
      text: 'df says that a disk is full; du finds only half of that in files. An hour ago somebody deleted large logs by hand. What is the most likely reason?',
      options: [
        { id: 'inodes', text: 'The file system has no inodes left', points: 1 },
        { id: 'reserved', text: 'The blocks reserved for root are used up' },
        { id: 'deleted-open', text: 'A process still holds a deleted file open', points: 3 },
        { id: 'cache', text: 'The page cache has not been written back yet' },
      ],
    },
    {
      id: 'killed',
      dimension: 'linux',
      kind: 'one',
      text: 'A process ends with exit code 137 and says nothing in its log. Where do you look first?',
      options: [
        { id: 'kernel-log', text: 'In the kernel’s log and the memory limits of its group, for the out-of-memory killer', points: 3 },
        { id: 'core', text: 'For a core dump, because it must have crashed in its own code' },
        { id: 'exit-table', text: 'In its manual, for what its authors mean by 137' },
        { id: 'verbose', text: 'Nowhere yet: start it again with more logging and wait', points: 1 },
      ],
    },
    {
      id: 'port-answer',
      dimension: 'linux',
      kind: 'several',
      text: 'On the machine itself curl to 127.0.0.1:8080 answers; from another machine the connection is refused at once. Which of these can be the reason?',
      options: [
        { id: 'loopback', text: 'The service listens on the loopback address only', points: 2 },
        { id: 'reject', text: 'A firewall rule rejects the port', points: 1 },
        { id: 'no-route', text: 'The other machine has no route here', points: -1 },
        { id: 'cert', text: 'The service’s certificate has expired', points: -1 },
      ],
    },
    {
      id: 'permissions',
      dimension: 'linux',
      kind: 'one',
      text: 'What does this let the group do in the directory?',
      code: 'drwxr-s--x  4 ops  web  4096 Nov 21 09:00 releases',
      options: [
        { id: 'write', text: 'List it and make files in it' },
        { id: 'list-enter', text: 'List it and go into it; what others make in it will belong to the group web', points: 3 },
        { id: 'enter-only', text: 'Go into it, but not list it' },
        { id: 'run-as', text: 'Run the programs in it as ops' },
      ],
    },
    {
      id: 'crash-loop',
      dimension: 'cloud',
      kind: 'one',
      text: 'After a rollout the new pods are in CrashLoopBackOff and the old ones still serve. What do you do first?',
      options: [
        { id: 'delete-pods', text: 'Delete the new pods, so that they start afresh' },
        {
          id: 'previous-logs',
          text: 'Read the log of the container that ended and its last state, then decide on undoing the rollout',
          points: 3,
        },
        { id: 'scale', text: 'Scale the deployment up, so that enough of them survive' },
        { id: 'drain', text: 'Drain the nodes that the new pods are on' },
      ],
    },
    {
      id: 'no-endpoints',
      dimension: 'cloud',
      kind: 'several',
      text: 'A Service has no endpoints although its pods run. Which of these explain it?',
      options: [
        { id: 'selector', text: 'The Service’s selector does not match the pods’ labels', points: 2 },
        { id: 'not-ready', text: 'The pods’ readiness probe fails', points: 2 },
        { id: 'target-port', text: 'The Service’s target port is one that nothing listens on', points: -1 },
        { id: 'no-ingress', text: 'There is no Ingress for it', points: -2 },
      ],
    },
    {
      id: 'requests-limits',
      dimension: 'cloud',
      kind: 'one',
      text: 'A latency-sensitive container has a CPU request of 500m and a limit of 500m. Its node is idle, and yet it is slow under load. Why?',
      options: [
        { id: 'scheduler', text: 'The scheduler placed it by its request, on too small a node' },
        { id: 'qos', text: 'Its quality-of-service class is the lowest' },
        { id: 'memory', text: 'Without a memory limit it is paged out', points: 0 },
        { id: 'throttled', text: 'It is throttled at its limit, however idle the node is', points: 3 },
      ],
    },
    {
      id: 'rotated-secret',
      dimension: 'cloud',
      kind: 'one',
      text: 'A Secret was changed. Pods read it through environment variables and still use the old value. What is true?',
      options: [
        { id: 'wait', text: 'The variables follow within a minute or so; wait' },
        { id: 'restart', text: 'Variables are set when a container starts: the pods must be replaced', points: 3 },
        { id: 'service-account', text: 'The service account needs the right to watch Secrets' },
        { id: 'immutable', text: 'Secrets cannot be changed; a new name is needed', points: 1 },
      ],
    },
    {
      id: 'shell-quoting',
      dimension: 'scripting',
      kind: 'one',
      text: 'What is wrong with this line in a script that cleans up?',
      code: 'rm -rf $WORK_DIR/cache',
      options: [
        { id: 'force', text: '-f hides that a file is missing', points: 1 },
        { id: 'empty', text: 'If WORK_DIR is empty it removes /cache, and a space in it splits it in two', points: 3 },
        { id: 'recursive', text: '-r does not follow links, so the cache stays' },
        { id: 'nothing', text: 'Nothing, as long as it runs as root' },
      ],
    },
    {
      id: 'idempotent',
      dimension: 'scripting',
      kind: 'several',
      text: 'A script prepares machines and may be stopped half-way and run again. Which of these make that safe?',
      options: [
        { id: 'check-first', text: 'Each step looks at what is there and does only what is missing', points: 2 },
        { id: 'marker', text: 'It appends its settings to a file each time, so that the last one counts', points: -1 },
        { id: 'atomic', text: 'It writes a file under another name and renames it when it is whole', points: 2 },
        { id: 'ignore', text: 'It ignores the errors of every step', points: -2 },
      ],
    },
    {
      id: 'pipeline-exit',
      dimension: 'scripting',
      kind: 'one',
      text: 'In bash, without further settings: the script goes on and reports success although the backup was not made. Why?',
      code: 'pg_dump shop | gzip > shop.sql.gz && echo done',
      options: [
        { id: 'gzip-slow', text: 'gzip had not finished when echo ran' },
        { id: 'pipe-status', text: 'A pipeline’s status is that of its last command, and gzip was content', points: 3 },
        { id: 'redirect', text: 'The redirection always succeeds, so && sees only that', points: 1 },
        { id: 'dump-code', text: 'pg_dump never returns an error' },
      ],
    },
    {
      id: 'retry',
      dimension: 'scripting',
      kind: 'one',
      text: 'Your program calls a model provider that answers 429 now and then. Which way of trying again is kindest to both of you?',
      options: [
        { id: 'at-once', text: 'Again at once, up to ten times' },
        { id: 'fixed', text: 'Every second until it works', points: 1 },
        {
          id: 'backoff',
          text: 'After what Retry-After says, else with growing and scattered pauses, a few times, then give up and say so',
          points: 3,
        },
        { id: 'parallel', text: 'Several at once, and take the first that comes back' },
      ],
    },
    {
      id: 'first-minutes',
      dimension: 'incident',
      kind: 'one',
      text: 'Error rates jump ten minutes after a release. You are alone on call and do not know why yet. What comes first?',
      options: [
        { id: 'root-cause', text: 'Find the line of code that is at fault', points: 1 },
        { id: 'wait-data', text: 'Wait for another ten minutes of data' },
        {
          id: 'rollback-tell',
          text: 'Declare it, take the release back, and tell those who are affected; look for the cause after',
          points: 3,
        },
        { id: 'owner', text: 'Find out who released, and hand it to them' },
      ],
    },
    {
      id: 'status-words',
      dimension: 'incident',
      kind: 'one',
      text: 'Which is the best first status update to customers?',
      options: [
        { id: 'all-well', text: '“We are aware of reports and everything is under control.”' },
        { id: 'guess', text: '“The database of our provider is probably broken; it will take an hour.”' },
        {
          id: 'known',
          text: '“Since 09:10 UTC about a third of requests fail. We are undoing a change. Next update at 09:40 UTC.”',
          points: 3,
        },
        { id: 'technical', text: '“OOMKilled pods in shard 3 after canary promotion; rolling back.”', points: 1 },
      ],
    },
    {
      id: 'wrong-answers',
      dimension: 'incident',
      kind: 'several',
      text: 'Users report that an assistant gives harmful answers; every health check is green. Which of these belong to the first half hour?',
      options: [
        { id: 'contain', text: 'Contain it: guardrail, feature switch, or the model version before', points: 2 },
        { id: 'keep', text: 'Keep examples and logs as evidence', points: 1 },
        { id: 'close', text: 'Close it, because no alert has fired', points: -2 },
        { id: 'retrain', text: 'Begin to train the model anew', points: -1 },
      ],
    },
    {
      id: 'postmortem',
      dimension: 'incident',
      kind: 'one',
      text: 'An operator ran the wrong command and caused an outage. What should the postmortem ask?',
      options: [
        { id: 'who', text: 'Who it was, and which training they missed' },
        { id: 'made-easy', text: 'What made the wrong command easy and the damage large, and who will change what by when', points: 3 },
        { id: 'once', text: 'Nothing, if it happened for the first time' },
        { id: 'forbid', text: 'How to forbid such commands to everybody', points: 1 },
      ],
    },
    {
      id: 'free-day',
      dimension: 'appetite',
      kind: 'one',
      text: 'You get one free day at work. What do you do with it?',
      options: [
        { id: 'runbook', text: 'Walk through a runbook and mend what is wrong in it', leans: 'administrator' },
        { id: 'automate', text: 'Build the small tool that saves everybody ten minutes a day', leans: 'platform-engineer' },
        { id: 'decide', text: 'Write down the options for next year, with what each costs', leans: 'technical-lead' },
      ],
    },
    {
      id: 'proud',
      dimension: 'appetite',
      kind: 'one',
      text: 'Which sentence would you most like to hear about your work in a year?',
      options: [
        { id: 'teams-choose', text: '“The teams chose the same way because the reasons were clear.”', leans: 'technical-lead' },
        { id: 'calm-nights', text: '“Nights are calm, and when they are not, it is over soon.”', leans: 'administrator' },
        { id: 'self-service', text: '“A new team is in production in an afternoon and needs nobody.”', leans: 'platform-engineer' },
      ],
    },
    {
      id: 'gpu-request',
      dimension: 'appetite',
      kind: 'one',
      text: 'A department asks for twelve GPUs. Which part of answering would you take?',
      options: [
        { id: 'template', text: 'The template and the quotas with which they get them by themselves', leans: 'platform-engineer' },
        { id: 'whether', text: 'Whether they need them, who pays, and what happens to the data', leans: 'technical-lead' },
        { id: 'run', text: 'Drivers, placement, monitoring, and what to do when one fails', leans: 'administrator' },
      ],
    },
    {
      id: 'argument',
      dimension: 'appetite',
      kind: 'one',
      text: 'The same fault comes back for the third time. What draws you most?',
      options: [
        { id: 'procedure', text: 'A procedure by which anybody on call is through it in five minutes', leans: 'administrator' },
        { id: 'impossible', text: 'Code that makes it impossible', leans: 'platform-engineer' },
        { id: 'priority', text: 'Making room in everybody’s plans for the change that ends it', leans: 'technical-lead' },
      ],
    },
  ],
};
