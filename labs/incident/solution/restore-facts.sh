./reindex.sh
