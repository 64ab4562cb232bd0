./configure.sh alpha-4-mini
./apply.sh
