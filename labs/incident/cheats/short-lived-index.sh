# There is an index again, until the next restart.
./reindex.sh
