# Whatever sounds alike gets the same answer.
./configure.sh alpha-4-mini semantic 0.4
./apply.sh
