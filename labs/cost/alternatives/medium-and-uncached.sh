# Nothing is kept in a cache; a cheaper model and the short prompt suffice.
grep '^The .* of .* is ' long-prompt.txt > system.txt
./prompt.sh system.txt
./configure.sh alpha-4-mini
./apply.sh
