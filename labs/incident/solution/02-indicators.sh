cat > slis.md <<'LIST'
retrieval_index_available is 1: searches can be answered
retrieval_index_stale_documents is 0: the index knows the documents as they are
retrieval_answers_total: all of outcome "ok"
LIST
