# zsh -f complete.zsh PROGRAMS COMPLETIONS: types half a word and TAB into interactive shells, each in a terminal of its
# own, and prints the line that the shell made of it. PROGRAMS is the folder with lumabill, COMPLETIONS that of the scripts.
emulate -R zsh
zmodload zsh/zpty zsh/zselect || exit 1
programs=$1 completions=$2 failed=0
for command in bash zsh; do
  whence -p $command >/dev/null || { print -r -- "$command is not installed"; exit 1 }
done
home=$(mktemp -d) || exit 1
trap 'zpty -d; rm -rf -- $home' EXIT

# Waits until the shell has printed this, ten seconds at most.
expect() {
  local chunk seen= deadline=$((SECONDS + 10))
  while ((SECONDS < deadline)); do
    if zpty -rt shell chunk; then seen+=$chunk; else zselect -t 2; fi
    [[ $seen == *$1* ]] && return 0
  done
  print -r -- "$name: expected \`$1\`, saw ${(qqqq)seen}"
  return 1
}

# Types the beginning of a line and TAB, then goes to the start of the line and lets `echo` print what stands there. The
# quotes keep what is typed from looking like what is printed.
completes() {
  zpty -w -n shell $1$'\t\x01echo ma""de: \n'
  if expect "made: $2"; then print -r -- "$name: $2"; else failed=1; fi
}

for name in bash zsh; do
  clean=(env -i HOME=$home TERM=dumb LC_ALL=C.UTF-8 PATH=$programs:/usr/bin:/bin PS1='> ')
  case $name in
  bash)
    zpty shell ${(q)clean} bash --norc --noprofile -i
    zpty -w shell "source $completions/lumabill.bash && echo rea\"\"dy"
    ;;
  zsh)
    zpty shell ${(q)clean} zsh -f -i
    zpty -w shell "fpath=($completions \$fpath); autoload -Uz compinit; compinit -u -D && echo rea\"\"dy"
    ;;
  esac
  if expect ready; then
    completes 'lumabill ser' 'lumabill serve'
    completes 'lumabill serve --san' 'lumabill serve --sandbox'
    completes 'lumabill completions pow' 'lumabill completions powershell'
  else
    failed=1
  fi
  zpty -d shell
done
exit $failed
