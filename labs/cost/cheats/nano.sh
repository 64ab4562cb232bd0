# The cheapest of all.
./configure.sh alpha-4-nano local
./apply.sh
