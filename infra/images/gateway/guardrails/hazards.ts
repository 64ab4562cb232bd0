/** One way to speak of a hazard: an action near a target. Both are alternatives of a regular expression over lower-case words. */
export interface HazardRule {
  readonly action: string;
  /** Undefined: the action alone is enough. */
  readonly target?: string;
  /** A sentence with one of these is not about the hazard: the look-alikes of a system administrator's day, above all. */
  readonly unless?: string;
}

export interface Hazard {
  /** As MLCommons and Llama Guard 3 name it. */
  readonly title: string;
  readonly rules: readonly HazardRule[];
}

const person =
  'people|person|someone|somebody|anyone|man|woman|wife|husband|girlfriend|boyfriend|neighbou?r|boss|manager|coworkers?|colleagues?|classmates?|teacher|him|her|them|crowd|family|humans?|pedestrians?|children|kids?';
const group =
  'women|men|jews|muslims|christians|immigrants|refugees|foreigners|gays|black people|white people|asians|the disabled|disabled people';
const technical =
  'process|processes|pods?|containers?|threads?|server|nodes?|jobs?|session|daemon|signal|sigkill|sigterm|query|queries|script|test|screen|picture|photo|film|scene';
const lawful =
  'prevent|protect|detect|defend|avoid|stop (?:it|them|him|her) from|report|awareness|training course|statistics|history|novel|museum|law says|illegal\\?';

/** The vocabulary of the local classifier: small, documented, and the whole of what it knows. */
export const hazards: Readonly<Record<string, Hazard>> = {
  S1: {
    title: 'Violent Crimes',
    rules: [
      { action: 'kill|murder|stab|strangle|poison|shoot|kidnap|assault|torture|beat up', target: person, unless: `${technical}|${lawful}` },
      { action: 'plan|carry out|commit', target: 'mass shooting|massacre|terror(?:ist)? attack|murder', unless: lawful },
    ],
  },
  S2: {
    title: 'Non-Violent Crimes',
    rules: [
      {
        action: 'steal|forge|counterfeit|launder|shoplift|smuggle',
        target: 'money|cash|passports?|credit cards?|identity|identities|car|bank ?notes?|documents|drugs|goods',
        unless: lawful,
      },
      {
        action: 'write|build|make|create|deploy|spread',
        target: 'ransomware|malware|keylogger|computer virus|botnet|phishing (?:e?mail|page|site|kit)',
        unless: `${lawful}|simulation|exercise`,
      },
      {
        action: 'break into|burgle',
        target: "(?:neighbou?r|someone|somebody)(?:s|’s|'s) (?:house|home|flat|apartment|car)|(?:his|her|their) (?:house|home|flat|car)",
        unless: `${lawful}|locked out`,
      },
      { action: 'cook|synthesi[sz]e|make|produce', target: 'meth|methamphetamine|heroin|fentanyl|cocaine', unless: lawful },
      {
        action: 'hack|break|hijack',
        target: "bank account|someone(?:s|’s|'s)? (?:account|email|phone|wi-?fi)|neighbou?r(?:s|’s|'s)? wi-?fi",
        unless: lawful,
      },
    ],
  },
  S3: {
    title: 'Sex-Related Crimes',
    rules: [{ action: 'rape|sexually assault|traffic|drug and take', target: `${person}|girls?`, unless: `${lawful}|victims?|network` }],
  },
  S4: {
    title: 'Child Sexual Exploitation',
    rules: [
      {
        action: 'sexual|sexually|nude|explicit|erotic',
        target: 'minors?|child|children|underage|schoolgirls?|schoolboys?',
        unless: lawful,
      },
    ],
  },
  S5: {
    title: 'Defamation',
    rules: [
      {
        action: 'write|spread|invent|publish',
        target: 'false rumou?rs?|lies about|false accusations?|smear (?:story|campaign)|libel',
        unless: lawful,
      },
    ],
  },
  S6: {
    title: 'Specialized Advice',
    rules: [
      {
        action: 'how many|what dose|what dosage|which dose',
        target: 'pills|tablets|insulin|opioids?|morphine',
        unless: `${lawful}|package leaflet`,
      },
      { action: 'stop taking|skip', target: 'insulin|chemotherapy|antidepressants?|heart medication', unless: lawful },
    ],
  },
  S7: {
    title: 'Privacy',
    rules: [
      {
        action: 'find|give me|look up|track|reveal|publish|dox',
        target: 'home address|private phone number|social security number|medical records?|where (?:she|he) lives',
        unless: `${lawful}|my own`,
      },
    ],
  },
  S8: {
    title: 'Intellectual Property',
    rules: [
      { action: 'crack|bypass|pirate|remove', target: 'drm|copy protection|license check|licence check|watermark', unless: lawful },
      { action: 'give me|reproduce|print', target: 'full text of the (?:novel|book)|complete lyrics', unless: 'public domain' },
    ],
  },
  S9: {
    title: 'Indiscriminate Weapons',
    rules: [
      {
        action: 'build|make|making|assemble|construct|synthesi[sz]e|produce|recipe|instructions',
        target:
          'bombs?|pipe ?bombs?|explosives?|nerve gas|nerve agents?|sarin|anthrax|dirty bomb|chemical weapons?|biological weapons?|ricin|molotov',
        unless: `${lawful}|bath bombs?|fork bomb|calorimeter|zip bomb|logic bomb`,
      },
    ],
  },
  S10: {
    title: 'Hate',
    rules: [
      { action: 'hate|despise|inferior|subhuman|vermin|deport all|insult|slurs?', target: group, unless: lawful },
      { action: 'people like (?:them|you)|whole (?:race|religion)', target: 'subhuman|vermin', unless: lawful },
      { action: group, target: 'inferior|subhuman|vermin|should (?:all )?(?:die|disappear)', unless: lawful },
    ],
  },
  S11: {
    title: 'Suicide & Self-Harm',
    rules: [
      { action: '(?:kill|hang|cut|hurt|starv|harm)(?:e|ing)? (?:myself|yourself)', unless: 'cut myself (?:off|some|a)|lawsuit' },
      { action: 'commit suicide|end my life|painless way to die|suicide method', unless: 'prevention|hotline|statistics' },
    ],
  },
  S12: {
    title: 'Sexual Content',
    rules: [
      { action: 'write|describe|generate', target: 'pornograph\\w*|erotic (?:story|scene)|explicit sex\\w*', unless: 'policy|filter' },
    ],
  },
  S13: {
    title: 'Elections',
    rules: [
      {
        action: 'tell|convince|trick|mislead|prevent',
        target: 'voters? (?:that|into|from)|(?:polling|election) (?:day|place) (?:has |is )?(?:moved|changed)',
        unless: 'report|debunk',
      },
      { action: 'rig|falsify|forge', target: 'election|ballots?|votes?', unless: lawful },
    ],
  },
  S14: {
    title: 'Code Interpreter Abuse',
    rules: [
      { action: 'escape|break out of', target: 'your sandbox|the sandbox and|the interpreter', unless: 'how do sandboxes|prevent' },
      {
        action: 'read|print|send|exfiltrate',
        target: "/etc/shadow|your environment variables|the host(?:s|’s|'s) files",
        unless: 'permission denied',
      },
    ],
  },
};
