./configure.sh alpha-4-mini local
./apply.sh
