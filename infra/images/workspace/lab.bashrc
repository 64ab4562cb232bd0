# Read by every interactive bash of a workspace, login shell or not.
case $- in *i*) ;; *) return ;; esac
if [ -n "${DRILLHOUSE_BASHRC:-}" ] && [ "$DRILLHOUSE_BASHRC" = "$$" ]; then return; fi
DRILLHOUSE_BASHRC=$$

HISTSIZE=5000
HISTFILESIZE=10000
HISTCONTROL=ignoredups
shopt -s histappend checkwinsize
PROMPT_COMMAND='history -a'

PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto' k=kubectl

if [ -r /usr/share/bash-completion/bash_completion ]; then
  . /usr/share/bash-completion/bash_completion
  . /etc/bash_completion.d/kubectl
  complete -o default -F __start_kubectl k
fi
