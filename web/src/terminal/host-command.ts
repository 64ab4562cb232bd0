/** What the keys in a terminal may ask of the page around it. */
export type HostCommand = 'search' | 'font-larger' | 'font-smaller' | 'font-reset' | 'tab-next' | 'tab-previous' | 'leave-to-instructions';
