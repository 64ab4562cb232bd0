# The model and the cache as they were agreed on.
./configure.sh alpha-4-mini local
./apply.sh
